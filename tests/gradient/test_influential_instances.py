"""Influence by hand, by captum, and on rows planted to help or to hurt."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.facts import source
from xaiframe.gradient.influential_instances import InfluentialInstances
from xaiframe.kinds.examples import Examples
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.model.trail import Step, Trail
from xaiframe.probe import lesson as lessons
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.lesson import Lesson, evenly
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer


def bank_of(module, x, train, y, classes=3, output="logit", max_batch=8192, trail=None):
    """A bank at ``x`` of a module that learnt ``train`` with the labels ``y``."""
    regression = classes == 0

    def part(rows, labels, start):
        return Split(np.arange(start, start + len(rows)), rows, labels, pd.DataFrame(rows))

    train, x = np.asarray(train, dtype=np.float32), np.asarray(x, dtype=np.float32)
    names = tuple(f"c{k}" for k in range(classes))
    data = Data(
        "table", "regression" if regression else "classification", part(train, np.asarray(y), 100),
        part(x, np.zeros(len(x)), 5000), part(x, np.zeros(len(x)), 6000),
        tuple(f"f{k}" for k in range(train.shape[1])), np.arange(train.shape[1]), names,
    )  # fmt: skip
    model = WhiteBox(module, data.task, names, ("gradient", "layers"))
    model.trail = trail
    reference = Reference(train[:1], np.ones(1), output, None)
    scorer = Scorer(model, reference, max_batch)
    targets = np.zeros(len(x), dtype=np.int64)
    return GradientBank(scorer, data, x, targets, np.arange(len(x)), 0)


def walked(module, x, y, rate=0.1, steps=3):
    """Steps of gradient descent, each a checkpoint."""
    kept, module = [], copy.deepcopy(module)
    for epoch in range(1, steps + 1):
        loss = nn.functional.cross_entropy(module(torch.tensor(x)), torch.tensor(y))
        loss.backward()
        with torch.no_grad():
            for one in module.parameters():
                one.sub_(rate * one.grad)
                one.grad = None
        state = {name: value.clone() for name, value in module.state_dict().items()}
        kept.append(Step(epoch, rate * epoch, state))
    return module, Trail(tuple(kept))


@pytest.fixture
def net():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))


@pytest.fixture
def learnt():
    rng = np.random.default_rng(5)
    return rng.normal(size=(40, 4)).astype(np.float32), rng.integers(0, 3, 40)


def test_of_a_linear_regression_it_is_rate_times_error_times_inner_product(linear, rows, train):
    """Score = w·x + b and loss (w·x + b − y)²: −η · 2 (error) · (x·x′ + 1)."""
    y = np.random.default_rng(1).normal(size=len(train)).astype(np.float32)
    trail = Trail((Step(4, 0.25, linear.state_dict()),))
    bank = bank_of(linear, rows, train, y, classes=0, trail=trail)
    found = Lesson.of(bank, "last", 1000, 5).influence(np.zeros(len(rows), dtype=int))
    w, b = linear[0].weight.detach().numpy()[0], 3.0
    due = -0.25 * 2 * (train @ w + b - y) * (rows @ train.T + 1)
    np.testing.assert_allclose(found, due, rtol=1e-5, atol=1e-4)
    bank = bank_of(linear, rows, train, y, classes=0, trail=trail)
    whole = Lesson.of(bank, "all", 1000, 5)
    np.testing.assert_allclose(
        whole.influence(np.zeros(len(rows), dtype=int)), due, rtol=1e-5, atol=1e-4
    )
    own = 0.25 * (2 * (train @ w + b - y)) ** 2 * ((train**2).sum(axis=1) + 1)
    np.testing.assert_allclose(whole.on_itself(), own, rtol=1e-5)


def test_of_logistic_regression_it_is_the_step_that_was_taken(rows):
    """One small step on one row's loss moves the score as was foretold."""
    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(4, 2))
    train, y = rows[:3], np.array([0, 1, 1])
    bank = bank_of(layer, rows[3:], train, y, classes=2)
    bank.scorer.model.trail = Trail((Step(1, 1e-3, layer.state_dict()),))
    answers = bank.scorer.outputs(bank.x).argmax(axis=1)
    found = Lesson.of(bank, "last", 10, 1).influence(answers)
    for at in range(3):
        moved = copy.deepcopy(layer).requires_grad_(True)
        nn.functional.cross_entropy(
            moved(torch.tensor(train[at : at + 1])), torch.tensor(y[at : at + 1])
        ).backward()
        with torch.no_grad():
            for one in moved.parameters():
                one.sub_(1e-3 * one.grad)
        again = bank_of(moved, rows[3:], train, y, classes=2).scorer.outputs(bank.x)
        change = again - bank.scorer.outputs(bank.x)
        due = change[np.arange(len(answers)), answers]
        np.testing.assert_allclose(found[:, at], due, atol=2e-6)


@pytest.mark.parametrize("layers", ["last", "all"])
@pytest.mark.parametrize("output", ["logit", "probability"])
def test_captum_says_the_same(net, learnt, rows, layers, output):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from captum.influence import TracInCP
    x, y = learnt
    module, trail = walked(net, x, y)
    bank = bank_of(module, rows, x, y, output=output, trail=trail)
    answers = bank.scorer.outputs(rows).argmax(axis=1)
    lesson = Lesson.of(bank, layers, 1000, 3)

    def load(network, place):
        step = trail.steps[int(place)]
        network.load_state_dict(dict(step.state))
        return step.learning_rate

    def score(outputs, at):
        if output == "probability":
            scores = outputs.softmax(dim=1)
        else:
            scores = outputs - (outputs.sum(dim=1, keepdim=True) - outputs) / 2
        return -scores.gather(1, at[:, None]).sum()

    score.reduction = "sum"
    theirs = TracInCP(
        copy.deepcopy(module).requires_grad_(True),
        TensorDataset(torch.tensor(x), torch.tensor(y)),
        ["0", "1", "2"],
        load,
        layers=["2"] if layers == "last" else None,
        loss_fn=nn.CrossEntropyLoss(reduction="sum"),
        test_loss_fn=score,
        batch_size=40,
        sample_wise_grads_per_batch=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        due = theirs.influence((torch.tensor(rows), torch.tensor(answers))).numpy()
        own = theirs.self_influence().numpy()
    np.testing.assert_allclose(lesson.influence(answers), due, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(lesson.on_itself(), own, rtol=1e-5)


def planted():
    """Two classes apart; the last row lies in the first class and bears the other's label."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-2, 0.5, (20, 2)), rng.normal(2, 0.5, (20, 2)), [[-2, -2]]])
    y = np.repeat([0, 1], [20, 21])
    return x.astype(np.float32), y


def fitted(x, y):
    torch.manual_seed(0)
    module, trail = walked(nn.Sequential(nn.Linear(2, 2)), x, y, rate=0.5, steps=6)
    return module, trail


def test_a_mislabelled_row_is_the_first_opponent_and_the_first_suspect():
    x, y = planted()
    module, trail = fitted(x, y)
    bank = bank_of(module, [[-2, -2.1], [-1.5, -2]], x, y, classes=2, trail=trail)
    found = InfluentialInstances(suspects=3).explain(bank)
    first = found.examples[(found.examples["role"] == "opponent") & (found.examples["rank"] == 1)]
    assert list(first["row"]) == [140, 140]
    assert list(first["same"]) == [0.0, 0.0]
    assert found.overall["row"].iloc[0] == 140
    row = found.rows.set_index("row").loc[140]
    assert (row["label"], row["answer"]) == ("c1", "c0")
    facts = {fact.name: fact for fact in found.outcome(source()).facts}
    assert facts["contradicted"].value == pytest.approx(1 / 3)
    assert facts["looked_at"].value == facts["looked_at"].n == 41
    assert facts["epochs"].value == "2, 3, 4, 5, 6"
    assert facts["learnt_from"].value == "the training split"


def test_rows_that_repairs_made_are_looked_at_where_the_fit_learnt_from_them():
    x, y = planted()
    module, trail = fitted(x, y)
    learnt = Split(np.arange(900, 941), x, 1 - y, pd.DataFrame(x))
    bank = bank_of(module, [[-2, -2.1]], x, y, classes=2, trail=Trail(trail.steps, learnt))
    found = InfluentialInstances().explain(bank)
    assert (found.rows["row"] >= 900).all()
    row = found.rows.set_index("row").loc[940]
    assert row["label"] == "c0"
    facts = {fact.name: fact.value for fact in found.outcome(source()).facts}
    assert facts["learnt_from"] == "the training split as repaired"


def test_a_row_like_the_instance_is_its_first_proponent():
    """At the start all rows err alike, and the one that lies where the instance does moves it."""
    x, y = planted()
    far = np.array([[-6.0, -5.0]], dtype=np.float32)
    x, y = np.concatenate([x[:-1], far]), np.append(y[:-1], 0)
    module, trail = fitted(x, y)
    start = {name: torch.zeros_like(one) for name, one in trail.steps[0].state.items()}
    bank = bank_of(module, far, x, y, classes=2, trail=Trail((Step(1, 0.5, start),)))
    found = InfluentialInstances(layers="all").explain(bank)
    one = found.examples[found.examples["role"] == "proponent"].iloc[0]
    assert one["row"] == 140
    assert one["same"] == 1


def test_no_batch_changes_what_is_said(net, learnt, rows, monkeypatch):
    x, y = learnt
    module, trail = walked(net, x, y)
    whole = InfluentialInstances().explain(bank_of(module, rows, x, y, trail=trail))
    small = bank_of(module, rows, x, y, trail=trail, max_batch=7)
    monkeypatch.setattr(lessons, "NUMBERS", 50)  # nothing is kept, and a pass holds few rows
    asked = []
    small.scorer.model.module.register_forward_pre_hook(
        lambda _, given: asked.append(len(given[0]))
    )
    parts = []
    for start in range(0, len(rows), 2):
        chosen = slice(start, start + 2)
        bank = GradientBank(small.scorer, small.data, rows[chosen], small.targets[chosen],
                            np.arange(len(rows))[chosen], 0)  # fmt: skip
        parts.append(InfluentialInstances().explain(bank))
    joined = Examples.joined(parts)
    pd.testing.assert_frame_equal(joined.examples, whole.examples, rtol=1e-4, atol=1e-6)
    pd.testing.assert_frame_equal(joined.overall, whole.overall, rtol=1e-4)
    assert max(asked) <= 7
    assert set(joined.rows["row"]) == set(whole.rows["row"])
    assert joined.rows["row"].is_unique
    assert len(joined.shown) == len(joined.rows)


def test_a_model_that_came_trained_stands_on_its_last_weights_and_says_so(net, learnt, rows):
    x, y = learnt
    bank = bank_of(net, rows, x, y)
    bank.scorer.model.brought = True
    found = InfluentialInstances(sample=10).explain(bank)
    facts = {fact.name: fact.value for fact in found.outcome(source()).facts}
    assert facts["checkpoints"] == facts["learning_rate"] == 1
    assert "last weights alone" in facts["epochs"]
    assert "came trained" in facts["learnt_from"]
    assert facts["looked_at"] == 10


def test_what_cannot_be_followed_is_refused(net, learnt, rows):
    x, y = learnt
    method = InfluentialInstances()
    narrow = bank_of(convolution(), rows, x, y)
    with pytest.raises(NotApplicable, match="no linear layer"):
        method.explain(narrow)
    often = nn.Sequential(
        nn.Unflatten(1, (4, 1)), nn.Linear(1, 3), nn.Flatten(), nn.Unflatten(1, (4, 3)), Mean()
    )
    each = bank_of(often, rows, x, y)
    with pytest.raises(NotApplicable, match="not asked once per row"):
        method.explain(each)
    lost = bank_of(net, rows, x, y, trail=Trail(lost=True))
    with pytest.raises(NotApplicable, match="repaired rows"):
        method.explain(lost)
    bank = bank_of(net, rows, x, y)
    bank.scorer.model = BlackBox(lambda rows: rows[:, :3], "classification", ("a", "b", "c"))
    with pytest.raises(NotApplicable, match="only answers"):
        method.explain(bank)
    with pytest.raises(ValueError, match="at least 1"):
        InfluentialInstances(checkpoints=0)


def convolution():
    return nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 3, 4), nn.Flatten())


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(dim=1)


def test_all_layers_serve_where_the_last_is_no_linear_one(learnt, rows):
    x, y = learnt
    bank = bank_of(convolution(), rows, x, y)
    found = InfluentialInstances(layers="all").explain(bank)
    assert found.examples["id"].nunique() == len(rows)


class Encoder(nn.Module):
    """Torch's own transformer, whose fast path asks no layer by itself, and a head on its mean."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(1, 8)
        self.encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.encoder(self.enter(x[:, :, None])).mean(dim=1))


def test_torchs_own_transformer_is_followed_row_by_row(learnt, rows):
    """Against gradients taken one row at a time."""
    x, y = learnt
    torch.manual_seed(0)
    network = Encoder().eval()
    bank = bank_of(network, rows, x, y)
    answers = np.zeros(len(rows), dtype=int)
    single = copy.deepcopy(network).requires_grad_(True)

    def slope(number, chosen):
        found = torch.autograd.grad(number, chosen)
        return torch.cat([one.flatten() for one in found]).double().numpy()

    for layers, chosen in (
        ("last", list(single.head.parameters())),
        ("all", list(single.parameters())),
    ):
        lesson = Lesson.of(bank, layers, 1000, 1)
        lossy = [
            slope(nn.functional.cross_entropy(single(torch.tensor(x[k : k + 1])),
                                              torch.tensor(y[k : k + 1])), chosen)
            for k in range(5)
        ]  # fmt: skip
        scores = [single(torch.tensor(rows[k : k + 1]))[0] for k in range(2)]
        scored = [slope(one[0] - (one[1] + one[2]) / 2, chosen) for one in scores]
        due = -np.array(scored) @ np.array(lossy).T
        np.testing.assert_allclose(lesson.influence(answers)[:2, :5], due, rtol=1e-4, atol=1e-5)


def test_checkpoints_are_spread_and_end_at_the_last():
    assert evenly(6, 3) == [1, 3, 5]
    assert evenly(2, 5) == [0, 1]
    assert evenly(7, 1) == [6]
    assert evenly(0, 4) == []
