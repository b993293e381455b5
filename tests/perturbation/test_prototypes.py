"""Prototypes of planted clusters, and what they foretell, counted by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.facts import source
from xaiframe.kinds.examples import Examples
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.perturbation.prototypes import Prototypes, assigned, groups
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer


def part(x, start):
    return Split(np.arange(start, start + len(x)), x, np.zeros(len(x), int), pd.DataFrame(x))


def bank_of(model, train, x, classes=("left", "right"), max_batch=8192, ids=None):
    train, x = np.asarray(train, dtype=np.float32), np.asarray(x, dtype=np.float32)
    data = Data(
        "table", "classification" if classes else "regression",
        part(train, 100), part(x, 500), part(x, 600),
        tuple(f"f{k}" for k in range(train.shape[1])), np.arange(train.shape[1]), classes,
    )  # fmt: skip
    scorer = Scorer(model, Reference(train[:1], np.ones(1), "logit", None), max_batch)
    ids = np.arange(len(x)) if ids is None else ids
    return CoalitionBank(scorer, data, x, np.zeros(len(x), dtype=int), ids, 0)


def by_sign(x):
    return np.stack([-x[:, 0], x[:, 0]], axis=1)


def sided():
    return BlackBox(by_sign, "classification", ("left", "right"), "logit")


@pytest.fixture
def clusters():
    """On the left two tight clusters, of 12 and of 6 rows, on the right one of 10 and an outlier
    (row 128)."""
    rng = np.random.default_rng(1)
    tight = [
        rng.normal(one, 0.02, (n, 2)) for one, n in (((-4, 0), 12), ((-4, 6), 6), ((4, 0), 10))
    ]
    return np.concatenate([*tight, [[4.0, -9.0]]])


@pytest.fixture
def found(clusters):
    bank = bank_of(sided(), clusters, [[-4, 5.9], [3.9, 0.1], [-0.1, 0]])
    return Prototypes(prototypes=2, criticisms=1, nearest=2).explain(bank)


def test_each_cluster_has_its_prototype_and_the_outlier_is_criticised(found):
    table = found.overall
    left = table[(table["group"] == "left") & (table["role"] == "prototype")]
    assert sorted((left["row"] - 100) // 12) == [0, 1]
    assert sorted(left["value"]) == pytest.approx([1 / 3, 2 / 3])
    right = table[(table["group"] == "right")].set_index(["role", "rank"])["row"]
    assert 118 <= right["prototype", 1] < 128
    assert right["criticism", 1] == 128
    assert set(found.rows["answer"]) == {"left", "right"}


def test_an_instance_is_told_its_nearest_prototypes(found):
    first = found.examples[found.examples["rank"] == 1].set_index("id")
    assert 112 <= first.loc[0, "row"] < 118
    assert 118 <= first.loc[1, "row"] < 128
    assert list(first["same"]) == [1.0, 1.0, 1.0]
    assert (found.examples.groupby("id")["value"].diff().dropna() >= 0).all()


def test_facts_say_how_well_the_prototypes_stand_for_the_data(found):
    facts = {(one.name, *one.labels.values()): one for one in found.outcome(source()).facts}
    assert facts["nearest_accuracy",].value == 1
    assert facts["nearest_accuracy",].n == 3
    assert facts["constant_accuracy",].value == pytest.approx(2 / 3)
    assert facts["width",].unit == "sd"
    for name in ("left", "right"):
        assert facts["mmd2", name].value <= facts["mmd2_random", name].value
    assert facts["greedy_bound",].value == "not known to hold"
    assert facts["same_answer", "prototype"].value == 1


def test_batches_joined_say_what_one_batch_says(clusters, found):
    x = [[-4, 5.9], [3.9, 0.1], [-0.1, 0]]
    whole = bank_of(sided(), clusters, x, max_batch=4)
    largest = []
    answer = whole.scorer.model.answer
    whole.scorer.model.answer = lambda rows: largest.append(len(rows)) or answer(rows)
    parts = [
        Prototypes(prototypes=2, criticisms=1, nearest=2).explain(
            CoalitionBank(
                whole.scorer, whole.data, whole.x[at : at + 1], whole.targets[:1], [at], 0
            )
        )
        for at in range(3)
    ]
    joined = Examples.joined(parts)
    pd.testing.assert_frame_equal(joined.examples, found.examples)
    pd.testing.assert_frame_equal(joined.overall, found.overall)
    pd.testing.assert_frame_equal(joined.rows, found.rows)
    assert max(largest) <= 4
    assert joined.evaluations == found.evaluations


def test_features_of_the_network_put_together_what_it_treats_alike(clusters):
    """The hidden layer sees only the side: all rows of a side become one."""
    first, last = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
    first.weight.data = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    last.weight.data = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    model = WhiteBox(nn.Sequential(first, nn.Hardtanh(), last), "classification",
                     ("left", "right"), ("gradient",))  # fmt: skip
    told = Prototypes(space="features").explain(bank_of(model, clusters, [[-1, 3], [2, 7]]))
    stand = told.overall[told.overall["role"] == "prototype"]
    assert list(stand["group"]) == ["left", "right"]
    first = told.examples[told.examples["rank"] == 1]
    np.testing.assert_allclose(first["value"], 0, atol=1e-6)
    with pytest.raises(NotApplicable, match="space: inputs"):
        Prototypes(space="features").explain(bank_of(sided(), clusters, [[1, 1]]))


def test_a_quantity_has_prototypes_of_its_thirds():
    x = np.linspace(0, 9, 30)[:, None]
    model = BlackBox(lambda rows: rows[:, :1] * 2.0, "regression", ())
    told = Prototypes(prototypes=2).explain(bank_of(model, x, x, classes=()))
    assert told.overall["group"].nunique() == 3
    facts = {one.name: one for one in told.outcome(source()).facts}
    assert facts["nearest_accuracy"].unit == "R²"
    assert 0.7 < facts["nearest_accuracy"].value < 1
    assert "same_answer" not in facts
    assert told.rows["predicted"].notna().all()


def test_the_kernel_is_of_a_bounded_sample(clusters):
    rows = np.tile(clusters, (4, 1))
    told = Prototypes(sample=40).explain(bank_of(sided(), rows, [[1, 1]]))
    facts = {one.name: one for one in told.outcome(source()).facts}
    assert (facts["looked_at"].value, facts["looked_at"].n) == (40, 116)
    for wrong in ({"sample": 10}, {"sample": 10**5}, {"prototypes": 0}, {"criticisms": -1}):
        with pytest.raises(ValueError, match="must be"):
            Prototypes(**wrong)


def test_groups_and_shares_are_counted():
    told = dict(groups(np.array([2, 0, 2]), ("a", "b", "c")))
    assert {name: one.tolist() for name, one in told.items()} == {"a": [1], "c": [0, 2]}
    assert [len(one) for _, one in groups(np.arange(7.0), ())] == [3, 2, 2]
    far = np.array([[0.0, 1.0, 3.0], [1.0, 0.0, 2.0], [3.0, 2.0, 0.0]])
    assert assigned(far, [0, 2]) == pytest.approx([2 / 3, 1 / 3])
