"""DeepLIFT averaged over the background: Shapley values where the model is additive."""

import itertools
from math import factorial

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.gradient.deep_lift_shap import DeepLiftShap


@pytest.fixture
def background():
    return np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32)


@pytest.fixture
def share():
    return np.random.default_rng(4).dirichlet(np.ones(6))


def additive():
    """relu(w·x + b) per input, added up: each unit sees one column."""
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    torch.manual_seed(1)
    net[0].weight.data = torch.diag(torch.tensor([1.5, -2.0, 1.0, 0.7]))
    net[0].bias.data = torch.tensor([0.3, 0.2, -0.4, 0.0])
    return net


def shapley(net, x, background, share):
    """By enumeration of all coalitions, columns from the background rows where left out."""

    def value(present):
        rows = background.copy()
        rows[:, list(present)] = x[list(present)]
        return float(share @ net(torch.tensor(rows)).detach().numpy()[:, 0])

    found = np.zeros(4)
    for k in range(4):
        others = [j for j in range(4) if j != k]
        for size in range(4):
            weight = factorial(size) * factorial(3 - size) / factorial(4)
            for chosen in itertools.combinations(others, size):
                found[k] += weight * (value((*chosen, k)) - value(chosen))
    return found


def test_an_additive_model_gives_exact_shapley_values(bank_of, rows, background, share):
    net = additive()
    answer = DeepLiftShap().explain(bank_of(net, rows, background, share))
    wanted = [shapley(net, row, background, share) for row in rows]
    np.testing.assert_allclose(answer.values, wanted, rtol=1e-3, atol=1e-4)


def test_it_adds_up_to_the_score_above_the_expected_score(bank_of, mlp, rows, background, share):
    bank = bank_of(mlp, rows, background, share, classes=3)
    answer = DeepLiftShap().explain(bank)
    np.testing.assert_allclose(answer.base, bank.empty, rtol=1e-4)
    np.testing.assert_allclose(
        answer.values.sum(axis=1), bank.full - bank.empty, rtol=1e-3, atol=1e-5
    )


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="tolerance"):
        DeepLiftShap(tolerance=-1)
