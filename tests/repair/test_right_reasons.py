"""The penalty against its closed form, and what a fit under it leans on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.module import Ready
from xaiframe.errors import NotApplicable
from xaiframe.model.mlp import MLP
from xaiframe.recipe import Fit
from xaiframe.repair.repaired import PLAIN
from xaiframe.repair.right_reasons import RightReasons
from xaiframe.runner.fit import fit
from xaiframe.runner.trainer import Runner


@pytest.fixture
def decoy(table):
    """``a`` gives the class away, ``b`` tells it less surely, ``level`` says nothing."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 400)
    frame = pd.DataFrame({"a": 100 * (y + 0.1 * random.normal(size=400))})
    frame["b"] = y + 0.8 * random.normal(size=400)
    frame["level"] = random.choice(["u", "v"], 400)
    return table(frame, y)


def penalty(data, features, strength=3.0):
    (found,) = RightReasons(features, strength)(data.train, data, {}, 0).conduct.penalties
    return found


def test_of_a_linear_classifier_it_is_the_closed_form(decoy):
    """∂Σₖ log pₖ/∂x = Σₖ wₖ − K Σₖ pₖ wₖ for logits W x + c."""
    x = torch.as_tensor(decoy.train.x)
    torch.manual_seed(0)
    network = nn.Linear(x.shape[1], 2)
    with torch.no_grad():
        network.weight *= 0.05
        p = torch.softmax(network(x), 1).double().numpy()
    weight = network.weight.detach().double().numpy()
    slope = weight.sum(axis=0) - 2 * p @ weight
    inside = decoy.feature_mask == 0
    wanted = 3.0 * ((slope * decoy.scale)[:, inside] ** 2).sum(axis=1).mean()
    assert float(penalty(decoy, ["a"])(network, x).detach()) == pytest.approx(wanted, rel=1e-4)


def test_a_penalised_least_squares_fit_is_generalised_ridge(table):
    """Minimising mean (y − w·x)² + λ Σ (w s / σ)² has w = (X'X/n + λ D)⁻¹ X'y/n, D = s²/σ²."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(300, 3)) * [1, 10, 0.1], columns=list("abc"))
    data = table(frame, frame["a"] + 0.2 * frame["b"] - 4 * frame["c"], "regression")
    x = torch.as_tensor(data.train.x - data.train.x.mean(axis=0)).double()
    y = torch.as_tensor(data.train.y - data.train.y.mean()).double()
    network = nn.Linear(3, 1, bias=False).double()
    paid = penalty(data, ["b"], strength=0.7)
    optimiser = torch.optim.LBFGS(network.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(network(x)[:, 0], y) + paid(network, x)
        loss.backward()
        return loss

    optimiser.step(closure)
    own = np.where([False, True, False], data.scale / data.train.y.std(), 0.0) ** 2
    ridge = x.T.numpy() @ x.numpy() / len(x) + 0.7 * np.diag(own)
    wanted = np.linalg.solve(ridge, x.T.numpy() @ y.numpy() / len(x))
    np.testing.assert_allclose(network.weight.detach().numpy()[0], wanted, rtol=1e-3)
    assert 0 < wanted[1] < 0.2


def test_after_the_fit_the_answers_owe_nothing_to_the_region_and_the_rest_is_learnt(
    decoy, tmp_path
):
    def fitted(conduct):
        architecture = MLP(hidden=(8,), dropout=0.0)
        config = Fit(epochs=14, learning_rate=0.02, batch_size=60)
        return fit(architecture, Ready(decoy), config, Runner(), tmp_path, 0, conduct).model

    def slopes(model):
        x = torch.as_tensor(decoy.test.x).requires_grad_()
        scores = model.module(x)
        [slope] = torch.autograd.grad((scores[:, 1] - scores[:, 0]).sum(), x)
        size = (slope * torch.as_tensor(decoy.scale)).abs().mean(dim=0)
        return size[decoy.feature_mask == 0].sum(), size[decoy.feature_mask == 1].sum()

    plain = fitted(PLAIN)
    right = fitted(RightReasons(["a"])(decoy.train, decoy, {}, 0).conduct)
    before, after = slopes(plain), slopes(right)
    assert before[0] > 2 * before[1]  # it leaned on the decoy
    assert after[0] < 0.1 * before[0]
    assert after[1] > after[0]
    swapped = decoy.test.x.copy()
    swapped[:, 0] = swapped[::-1, 0]  # the decoy tells nothing any more
    rightly = [(one.predictions(swapped) == decoy.test.y).mean() for one in (plain, right)]
    assert rightly[1] > rightly[0] + 0.1


def test_the_penalty_leaves_the_network_in_training(decoy):
    network = MLP(hidden=(4,), dropout=0.5).build(decoy).train()
    x = torch.as_tensor(decoy.train.x[:20])
    first, second = (float(penalty(decoy, ["a"])(network, x).detach()) for _ in range(2))
    assert first == second  # no dropout in it
    assert network.training
    (penalty(decoy, ["a"])(network, x)).backward()
    assert any(one.grad is not None and one.grad.abs().sum() > 0 for one in network.parameters())


def test_what_was_done_is_told(decoy, value):
    made = RightReasons(["level", "a"], 5.0)(decoy.train, decoy, {}, 0)
    assert made.train is decoy.train
    assert made.tables["penalised"]["feature"].tolist() == ["a", "level"]
    assert value(made, "penalised_features") == 2
    assert value(made, "penalised_elements") == int((decoy.feature_mask != 1).sum())
    both = made.conduct.then(RightReasons(["b"])(decoy.train, decoy, {}, 0).conduct)
    assert [one.features for one in both.penalties] == [("a", "level"), ("b",)]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ([], "no feature is named"),
        (["z"], "no feature 'z'; some are a, b, level"),
        (["a", "b", "level"], "nothing would be left"),
    ],
)
def test_refusals(decoy, named, said):
    with pytest.raises(NotApplicable, match=said):
        RightReasons(named)(decoy.train, decoy, {}, 0)


@pytest.mark.parametrize("strength", [0, -1, float("inf")])
def test_bad_strength_is_named(strength):
    with pytest.raises(ValueError, match="right_reasons: strength must be above 0"):
        RightReasons(["a"], strength)
