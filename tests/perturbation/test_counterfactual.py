"""Counterfactuals: closed forms of linear models, enumeration, and what may not change."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.catalogue.values import cost
from xaiframe.data.face import Split
from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable
from xaiframe.facts import source
from xaiframe.kinds.counterfactuals import Counterfactuals
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.counterfactual import Counterfactual
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.moved import deviation
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

WEIGHTS = np.array([1.0, -0.5, 0.2, 0.0], dtype=np.float32)
ALONE = Counterfactual(plausibility=0, neighbours=1)


def two(weights, least=0.3):
    """Logits of "no" and "yes" by a weighted sum."""

    def logits(x):
        score = x.reshape(len(x), -1) @ torch.tensor(weights, dtype=torch.float32) - least
        return torch.stack([-score, score], dim=1)

    return logits


@pytest.fixture
def rows():
    scales = np.array([1.0, 2.0, 3.0, 0.5])
    return (np.random.default_rng(0).normal(size=(300, 4)) * scales).astype(np.float32)


@pytest.fixture
def classified(make_bank):
    """``classified(function, x, train, …)``: a bank of a classifier of two or more classes."""

    def make(function, x, train, classes=("no", "yes"), ids=None, mask=None, **kept):
        x, train = (np.asarray(one, dtype=np.float32) for one in (x, train))
        bank = make_bank(function, x, np.zeros_like(x[:1]), train=train, mask=mask)
        model = WhiteBox(bank.scorer.model.module, "classification", classes, ())
        y = model.predictions(train)
        part = Split(np.arange(len(train)), train, y, pd.DataFrame(index=range(len(train))))
        data = replace(bank.data, task="classification", classes=classes, train=part, **kept)
        reference = kept.get("reference", bank.reference)
        ids = np.arange(len(x)) if ids is None else ids
        return CoalitionBank(Scorer(model, reference), data, x, model.predictions(x), ids, 0)

    return make


def first(found):
    return found.counterfactuals[found.counterfactuals["rank"] == 1].set_index("id")


def test_of_a_linear_model_one_column_moves_just_past_the_boundary(classified, rows):
    """Alone, column j must pass x_j − score/w_j; the value found is the first training value
    beyond it, and the column that costs fewest deviations is taken."""
    x = rows[:12] + 0.01
    found = ALONE.explain(classified(two(WEIGHTS), x, rows))
    scale = np.array([deviation(column) for column in rows.astype(float).T])
    for one, row in enumerate(x.astype(float)):
        score = row @ WEIGHTS - 0.3
        efforts = {}
        for j in np.flatnonzero(WEIGHTS):
            crossing = row[j] - score / WEIGHTS[j]
            known = np.unique(rows[:, j].astype(float))
            ladder = known[np.linspace(0, len(known) - 1, min(256, len(known))).round().astype(int)]
            beyond = ladder[ladder > crossing] if crossing > row[j] else ladder[ladder < crossing]
            if len(beyond):
                value = beyond.min() if crossing > row[j] else beyond.max()
                efforts[j] = abs(value - row[j]) / scale[j]
        mine = found.changes[(found.changes["id"] == one) & (found.changes["rank"] == 1)]
        if min(efforts.values(), default=9) < first(found)["distance"].min() or len(mine) == 1:
            best = min(efforts, key=efforts.get)
            assert mine["feature"].tolist() == [f"f{best}"]
            assert mine["size"].iloc[0] == pytest.approx(efforts[best], rel=1e-5)
    assert (first(found)["changed"] == 1).sum() >= 8
    assert first(found)["distance"].notna().all()


def test_every_alternative_turns_the_model_and_holds_training_values_only(classified, rows):
    x = rows[:10] + 0.01
    bank = classified(two(WEIGHTS), x, rows)
    found = Counterfactual().explain(bank)
    assert (found.counterfactuals["state"] == "found").all()
    for (one, rank), own in found.changes.groupby(["id", "rank"]):
        altered = x[one].copy()
        for change in own.to_dict("records"):
            column = int(change["feature"][1:])
            assert change["before"] == pytest.approx(x[one, column])
            assert np.isin(np.float32(change["after"]), rows[:, column])
            altered[column] = change["after"]
        told = found.counterfactuals.set_index(["id", "rank"]).loc[(one, rank)]
        answer = bank.scorer.outputs(altered[None])[0]
        assert bank.data.classes[answer.argmax()] == told["after"] != told["before"]
        assert answer[bank.targets[one]] == pytest.approx(told["score_after"], abs=1e-5)
        assert told["changed"] == len(own)


def test_alternatives_have_at_most_half_in_common(classified, rows):
    found = Counterfactual(alternatives=4).explain(classified(two(WEIGHTS), rows[:6] + 0.01, rows))
    sets = found.changes.groupby(["id", "rank"])["feature"].agg(set)
    for a, b in combinations(sets.index, 2):
        if a[0] == b[0]:
            assert len(sets[a] & sets[b]) / len(sets[a] | sets[b]) <= 0.5
    assert found.counterfactuals.groupby("id").size().max() > 1


def test_two_columns_that_only_turn_it_together_are_found(classified):
    """yes only where both of the first two are 1: enumeration says that two must change."""
    train = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)] * 5, float)

    def both(x):
        score = x[:, 0] * x[:, 1] - 0.5
        return torch.stack([-score, score], dim=1)

    found = ALONE.explain(classified(both, np.array([[0.0, 0, 0], [1, 0, 1]]), train))
    sets = found.changes.groupby("id")["feature"].agg(set).to_dict()
    assert sets == {0: {"f0", "f1"}, 1: {"f1"}}


def test_fixed_and_sensitive_features_stay(classified, rows):
    x = rows[:8] + 0.01
    found = Counterfactual(fixed=["f0"]).explain(
        classified(two(WEIGHTS), x, rows, sensitive=("f1", "elsewhere"))
    )
    assert not set(found.changes["feature"]) & {"f0", "f1"}
    assert found.fixed.split("\n") == ["f0", "f1"]
    facts = {fact.name: fact.value for fact in found.outcome(source()).facts}
    assert facts["fixed"] == "f0, f1"
    assert facts["validity"] < 1  # f2 alone does not reach far enough for all
    bank = classified(two(WEIGHTS), x, rows)
    with pytest.raises(NotApplicable, match="no feature is called 'age'"):
        Counterfactual(fixed=["age"]).explain(bank)
    with pytest.raises(NotApplicable, match="nothing may change"):
        Counterfactual(fixed=["f0", "f1", "f2", "f3"]).explain(bank)


def test_levels_are_levels_and_missing_values_may_be_filled(tmp_path):
    random, n = np.random.default_rng(0), 120
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(n) < 0.3, np.nan, random.normal(5, 2, n)),
            "colour": random.choice(["red", "green", "blue"], n),
            "y": random.choice(["no", "yes"], n),
        }
    )
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    data = Table(str(tmp_path / "mixed.csv"), "y").load()
    linear = torch.nn.Linear(5, 2, bias=False)  # size, its gap, three colours
    linear.weight.data[:] = 0
    linear.weight.data[0, 2:] = torch.tensor([1.0, 2.0, -3.0])
    model = WhiteBox(linear, "classification", data.classes, ())
    scorer = Scorer(model, Reference(data.train.x[:2], np.full(2, 0.5), "logit", None))
    rows = data.test
    bank = CoalitionBank(scorer, data, rows.x, model.predictions(rows.x), rows.ids, 0)
    found = Counterfactual().explain(bank)
    best = found.changes[found.changes["rank"] == 1]
    assert set(best["feature"]) == {"colour"}
    assert (best["size"] == 1).all()
    # red is decided otherwise than blue and green
    assert ((best["before"] == 2) == (best["after"] != 2)).all()
    assert set(best["after"]) <= {0.0, 1.0, 2.0}
    assert len(best) == len(rows)


def test_a_quantity_moves_as_far_as_declared(make_bank, rows):
    y = rows @ WEIGHTS
    bank = make_bank(lambda x: x @ torch.tensor(WEIGHTS), rows[:8] + 0.01, rows[:1], train=rows)
    data = replace(bank.data, train=replace(bank.data.train, y=y))
    bank = CoalitionBank(bank.scorer, data, bank.x, bank.targets, bank.ids, 0)
    found = first(Counterfactual(move=0.5).explain(bank))
    assert (np.abs(found["score_after"] - found["score"]) >= 0.5 * y.std()).all()
    between = Counterfactual(between=[2, 3]).explain(bank).counterfactuals
    there = between[between["state"] == "found"]
    assert there["score_after"].between(2, 3).all()
    assert (between.loc[between["state"] == "already", "score"].between(2, 3)).all()
    assert len(there) > 4


def test_a_declared_class_counts_only_those_that_are_not_in_it(classified, rows):
    found = Counterfactual(into="yes").explain(classified(two(WEIGHTS), rows[:20] + 0.01, rows))
    told = found.counterfactuals
    assert (told.loc[told["state"] == "found", "after"] == "yes").all()
    assert (told.loc[told["state"] == "already", "before"] == "yes").all()
    validity = found.outcome(source()).facts[1]
    assert validity.n == (told.drop_duplicates("id")["before"] == "no").sum() < 20


def test_words_are_left_out_as_few_as_enumeration_says(classified):
    """Each word has a weight; the fewest words whose absence turns it, by enumeration."""
    weights = np.array([0, 3.0, 1.0, 2.0, -2.0, 0.5])
    random = np.random.default_rng(3)
    x = random.integers(1, 6, size=(8, 6))
    x[:, 5] = 0

    def logits(x):
        score = torch.tensor(weights, dtype=torch.float32)[x.long()].sum(dim=1) - 2.2
        return torch.stack([-score, score], dim=1)

    bank = classified(logits, x, x, modality="text", aligned=False)
    found = Counterfactual(most=6).explain(bank)
    for one, row in enumerate(x):

        def turned(gone, row=row):
            left = weights[np.delete(row, gone)].sum()
            return (left > 2.2) != (weights[row].sum() > 2.2)

        due = next((k for k in range(1, 6) for gone in combinations(range(5), k)
                    if turned(list(gone))), None)  # fmt: skip
        mine = found.counterfactuals[found.counterfactuals["id"] == one].iloc[0]
        assert mine["changed"] == due if due else mine["state"] == "none"
    assert "word" not in found.unit or found.unit == "share of the words"
    assert found.after.shape == (8, 0)


def test_parts_of_a_picture_come_from_training_pictures_of_the_other_class(classified):
    mask = np.repeat(np.repeat(np.arange(4).reshape(2, 2), 2, 0), 2, 1)[None]
    random = np.random.default_rng(4)
    train = random.uniform(0, 1, size=(40, 1, 4, 4)).astype(np.float32)
    weights = np.where(mask == 1, 1.0, np.where(mask == 2, 0.2, 0.0)).reshape(-1)
    bank = classified(two(weights, 2.4), train[:6] + 0.001, train, mask=mask)
    found = Counterfactual(most=4).explain(bank)
    assert found.after.shape == (6, 3, 1, 4, 4)
    assert (found.counterfactuals["state"] == "found").all()
    donors = np.concatenate([train, bank.reference.baseline[None]])
    for one in found.counterfactuals.to_dict("records"):
        altered = found.after[one["id"], one["rank"] - 1]
        own = found.changes[(found.changes["id"] == one["id"])
                            & (found.changes["rank"] == one["rank"])]  # fmt: skip
        swapped = np.isin(mask, [int(name[1:]) for name in own["feature"]])
        np.testing.assert_array_equal(altered[~swapped], bank.x[one["id"]][~swapped])
        assert (altered[swapped] == donors[:, swapped]).all(axis=1).any()
        assert bank.scorer.outputs(altered[None])[0].argmax() != bank.targets[one["id"]]
    assert first(found)["changed"].eq(1).all()  # the part that carries the weight is enough


def test_batches_and_the_most_rows_at_once_do_not_matter(classified, rows):
    x = rows[:6] + 0.01
    whole = Counterfactual().explain(classified(two(WEIGHTS), x, rows))
    small = classified(two(WEIGHTS), x, rows)
    small.scorer.limit = 7
    parts = []
    for k in (np.array([3, 0]), np.array([5, 4, 2, 1])):
        parts.append(Counterfactual().explain(classified(two(WEIGHTS), x[k], rows, ids=k)))
    for other in (Counterfactual().explain(small), Counterfactuals.joined(parts)):
        for name, keys in (("counterfactuals", ["id", "rank"]), ("changes",
                           ["id", "rank", "feature"])):  # fmt: skip
            a, b = (getattr(k, name).sort_values(keys, ignore_index=True) for k in (whole, other))
            pd.testing.assert_frame_equal(a, b, rtol=1e-4, atol=1e-5)
    again = Counterfactuals.unpacked(whole.packed())
    pd.testing.assert_frame_equal(again.changes, whole.changes)


def test_evaluations_are_counted_and_within_what_the_plan_says(classified, rows):
    bank = classified(two(WEIGHTS), rows[:9] + 0.01, rows)
    before = bank.scorer.model.evaluations
    method = Counterfactual()
    found = method.explain(bank)
    assert found.evaluations == bank.scorer.model.evaluations - before
    most = cost(method.cost, {**vars(method), "instances": 9, "features": 4, "train": 300,
                              "table": 1, "text": 0})  # fmt: skip
    assert found.evaluations <= most


def test_plausible_ones_are_preferred_where_that_counts(classified):
    """Two clouds: one column alone leads out of both, two columns into the other."""
    random = np.random.default_rng(5)
    clouds = np.concatenate([random.normal(0, 0.1, (100, 2)), random.normal(3, 0.1, (100, 2)),
                             [[3.0, 6.5], [6.5, 3.0]]])  # fmt: skip
    weights = np.array([1.0, 1.0])
    bank = classified(two(weights, 4.5), clouds[:4] + 0.001, clouds)
    near = first(Counterfactual(plausibility=3).explain(bank))
    far = first(Counterfactual(plausibility=0, sparsity=100).explain(bank))
    assert (near["changed"] == 2).all()
    assert (far["changed"] == 1).all()
    assert (near["apart"] < far["apart"]).all()


def test_what_makes_no_sense_is_refused(make_bank):
    for wrong in ({"alternatives": 0}, {"steps": 1}, {"sparsity": -1}, {"move": 0},
                  {"between": [2, 1]}):  # fmt: skip
        with pytest.raises(ValueError, match="must be"):
            Counterfactual(**wrong)
    bank = make_bank(lambda x: x[:, 0], np.eye(4), np.zeros((1, 4)), mask=np.array([0, 0, 1, 2]))
    with pytest.raises(NotApplicable):
        Counterfactual().explain(bank)
    train = np.eye(4)
    windowed = make_bank(
        lambda x: x[:, 0], train, np.zeros((1, 4)), mask=np.array([0, 0, 1, 2]), train=train
    )
    with pytest.raises(NotApplicable, match="several columns"):
        Counterfactual(between=[0.5, 2]).explain(windowed)
