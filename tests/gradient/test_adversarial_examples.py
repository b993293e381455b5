"""Adversarial examples: closed forms of linear models, and what may not move."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.catalogue.values import cost
from xaiframe.data.face import Split
from xaiframe.errors import NotApplicable
from xaiframe.gradient.adversarial_examples import AdversarialExamples
from xaiframe.kinds.counterfactuals import Counterfactuals
from xaiframe.probe.gradients import GradientBank

WEIGHTS = np.array([[1.0, -2.0, 0.5, 0.0], [-1.0, 0.5, 3.0, 0.1], [0.2, 0.3, -1.0, 2.0]])


def layered(weights, bias=0.0):
    weights = np.asarray(weights, dtype=np.float32)
    layer = nn.Linear(weights.shape[1], len(weights))
    layer.weight.data, layer.bias.data = torch.tensor(weights), torch.full((len(weights),), bias)
    return nn.Sequential(nn.Flatten(), layer)


def wide(train):
    """Rows so far out that the range of the training split holds nothing back."""
    return np.concatenate([train, 1000 * np.ones((1, 4)), -1000 * np.ones((1, 4))])


def first(found):
    return found.counterfactuals.set_index("id")


def contrasts(x, w):
    """Logits less the mean of the others': what is scored."""
    logits = x.astype(float) @ w.T
    k = w.shape[0]
    return (k * logits - logits.sum(axis=1, keepdims=True)) / (k - 1)


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_of_a_linear_model_the_push_is_the_score_over_the_weights(bank_of, rows, train, norm):
    """min over the other classes of (s_own − s_k) ÷ ||(w_own − w_k) sd||, dual norm."""
    bank = bank_of(layered(WEIGHTS), rows, train=wide(train), classes=3)
    found = first(AdversarialExamples(norm=norm).explain(bank))
    sd = bank.data.scale.astype(float)
    logits = rows.astype(float) @ WEIGHTS.T
    for one, row in enumerate(logits):
        own = row.argmax()
        due = min(
            (row[own] - row[k])
            / np.linalg.norm((WEIGHTS[own] - WEIGHTS[k]) * sd, 2 if norm == "l2" else 1)
            for k in range(3) if k != own
        )  # fmt: skip
        assert found.loc[one, "distance"] == pytest.approx(due, rel=2e-4)
        assert found.loc[one, "state"] == "found"
        assert found.loc[one, "before"] == f"c{own}" != found.loc[one, "after"]


def test_a_declared_class_is_reached(bank_of, rows, train):
    bank = bank_of(layered(WEIGHTS), rows, train=wide(train), classes=3)
    found = first(AdversarialExamples(into="c1").explain(bank))
    there = (rows @ WEIGHTS.T).argmax(axis=1) == 1
    assert (found["state"] == np.where(there, "already", "found")).all()
    assert (found.loc[~there, "after"] == "c1").all()


def test_a_quantity_moves_as_far_as_declared_in_the_steepest_direction(bank_of, rows, train):
    """The gap over ||w sd||; into an interval: what is missing to its nearer end."""
    weights = WEIGHTS[:1]
    bank = bank_of(layered(weights), rows, train=wide(train), classes=1)
    y = train @ weights[0]
    part = Split(np.arange(len(y)), bank.data.train.x[: len(y)], y, pd.DataFrame(index=range(40)))
    data = replace(bank.data, train=replace(part, x=bank.data.train.x[: len(y)]))
    bank = GradientBank(bank.scorer, data, rows, bank.targets, bank.ids, 0)
    slope = np.linalg.norm(weights[0] * data.scale)
    found = first(AdversarialExamples(move=0.1).explain(bank))
    assert found["distance"].to_numpy() == pytest.approx(
        np.full(len(rows), 0.1 * y.std() / slope), rel=2e-2
    )
    now = rows @ weights[0]
    between = first(AdversarialExamples(between=[now.min() - 1, now.min() + 0.1]).explain(bank))
    far = now > now.min() + 0.1
    np.testing.assert_allclose(
        between.loc[far, "distance"], (now[far] - now.min() - 0.1) / slope, rtol=2e-2
    )
    assert (between.loc[~far, "state"] == "already").all()


def test_a_network_turns_and_what_was_found_is_at_the_boundary(bank_of, mlp, rows, train):
    bank = bank_of(mlp.eval(), rows, train=wide(train), classes=3)
    found = AdversarialExamples().explain(bank)
    told = first(found)
    assert (told["state"] == "found").all()
    for one in range(len(rows)):
        own = found.changes[found.changes["id"] == one].set_index("feature")
        x = rows[one].copy()
        for k in range(4):
            if f"f{k}" in own.index:
                assert own.loc[f"f{k}", "before"] == pytest.approx(x[k])
                x[k] = own.loc[f"f{k}", "after"]
        total = np.sqrt((own["size"] ** 2).sum())
        assert total == pytest.approx(told.loc[one, "distance"], rel=1e-5)
        with torch.no_grad():
            logits = mlp(torch.tensor(np.stack([x, 0.5 * (x + rows[one])]))).numpy()
        assert f"c{logits[0].argmax()}" == told.loc[one, "after"]
        top = np.sort(logits[0])
        assert top[-1] - top[-2] < 1e-3 * np.ptp(logits[0]) + 1e-4
    assert found.after.shape == (len(rows), 0)


def test_nothing_leaves_the_range_and_what_is_fixed_stays(bank_of, rows):
    bank = bank_of(layered(WEIGHTS), rows, train=rows, classes=3)
    found = AdversarialExamples().explain(bank)
    low, high = rows.min(axis=0), rows.max(axis=0)
    for change in found.changes.to_dict("records"):
        k = int(change["feature"][1:])
        assert low[k] - 1e-6 <= change["after"] <= high[k] + 1e-6
    data = replace(bank.data, sensitive=("f1",))
    held = GradientBank(bank.scorer, data, rows, bank.targets, bank.ids, 0)
    answer = AdversarialExamples(fixed=["f0"]).explain(held)
    assert set(answer.changes["feature"]) <= {"f2", "f3"}
    assert answer.fixed == "f0\nf1"
    with pytest.raises(NotApplicable, match="no feature is called 'age'"):
        AdversarialExamples(fixed=["age"]).explain(bank)
    with pytest.raises(NotApplicable, match="no feature is a number"):
        AdversarialExamples(fixed=["f0", "f2", "f3"]).explain(held)


def test_levels_stay(bank_of, rows, train):
    bank = bank_of(layered(WEIGHTS), rows, train=wide(train), classes=3)

    class Named(type(bank.data.encoding)):
        def __init__(self):
            self.kinds, self.levels = {"f0": "categorical", "f2": "date"}, {}

    data = replace(bank.data, encoding=Named())
    found = AdversarialExamples().explain(
        GradientBank(bank.scorer, data, rows, bank.targets, bank.ids, 0)
    )
    assert set(found.changes["feature"]) == {"f1", "f3"}


def test_a_picture_is_kept_whole(bank_of, cnn, pictures):
    mask = np.repeat(np.repeat(np.arange(16).reshape(4, 4), 2, 0), 2, 1)
    mask = np.broadcast_to(mask, (2, 8, 8))
    bank = bank_of(cnn, pictures, mask=mask, classes=3)
    found = AdversarialExamples().explain(bank)
    there = first(found)["state"] == "found"
    assert there.any()
    assert found.after.shape == (5, 1, 2, 8, 8)
    for one in np.flatnonzero(there):
        after = found.after[one, 0]
        size = np.linalg.norm((after - pictures[one]) / bank.data.scale)
        assert first(found).loc[one, "distance"] == pytest.approx(size, rel=1e-4)
        outputs = bank.scorer.outputs(np.stack([pictures[one], after]))
        assert outputs[0].argmax() != outputs[1].argmax()
    assert np.isnan(found.after[~there.to_numpy()]).all()


def test_a_flat_model_is_not_turned(bank_of, rows):
    found = AdversarialExamples().explain(bank_of(layered(0 * WEIGHTS), rows, classes=3))
    assert (first(found)["state"] == "none").all()


def test_batches_do_not_matter_and_evaluations_are_counted(bank_of, mlp, rows, train):
    def made(k, **kept):
        return bank_of(mlp.eval(), rows[k], train=wide(train), classes=3, ids=k, **kept)

    method = AdversarialExamples()
    bank = made(np.arange(6))
    whole = method.explain(bank)
    most = cost(method.cost, {**vars(method), "instances": 6, "classes": 3})
    assert whole.evaluations == bank.scorer.evaluations + bank.evaluations <= most
    small = method.explain(made(np.arange(6), max_batch=4))
    parts = [method.explain(made(np.array(k))) for k in ([4, 0], [5, 3, 2, 1])]
    for other in (small, Counterfactuals.joined(parts)):
        a, b = (one.counterfactuals.sort_values("id", ignore_index=True) for one in (whole, other))
        pd.testing.assert_frame_equal(a, b, rtol=1e-4, atol=1e-5)


def test_what_makes_no_sense_is_refused():
    for wrong in ({"norm": "l1"}, {"steps": 0}, {"halvings": -1}, {"move": -1}):
        with pytest.raises(ValueError, match="must be"):
            AdversarialExamples(**wrong)
