"""DeepLIFT adds up to score − base on every model it answers for."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.deep_lift import DeepLift


class Functional(nn.Module):
    """Functional activations, one straight into max pooling: captum alone is wrong twice."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.output = nn.Linear(4 * 16, 3)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.first(x)), 2)
        return self.output(torch.flatten(x, 1))


class Gelu(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.first, self.output = nn.Linear(4, 8), nn.Linear(8, 1)

    def forward(self, x):
        return self.output(functional.gelu(5 * self.first(x)))


def test_linear_model_gives_weight_times_distance_from_the_mean_row(
    bank_of, linear, weights, rows, train
):
    share = np.random.default_rng(0).dirichlet(np.ones(40))
    answer = DeepLift().explain(bank_of(linear, rows, background=train, weights=share))
    np.testing.assert_allclose(answer.values, weights * (rows - share @ train), rtol=1e-4)
    np.testing.assert_allclose(answer.base, weights @ (share @ train) + 3, rtol=1e-5)


def test_one_unit_by_hand(bank_of):
    """relu(x₀ + x₁ − 1) from (0, 0) to (2, 1): multiplier Δout ÷ Δin = 2 ÷ 3, where the slope is
    1."""
    net = nn.Sequential(nn.Linear(2, 1), nn.ReLU(), nn.Linear(1, 1, bias=False))
    net[0].weight.data, net[0].bias.data = torch.ones(1, 2), torch.tensor([-1.0])
    net[2].weight.data = torch.ones(1, 1)
    answer = DeepLift().explain(bank_of(net, [[2.0, 1.0]]))
    np.testing.assert_allclose(answer.values, [[4 / 3, 2 / 3]], rtol=1e-5)
    np.testing.assert_allclose(answer.base, [0.0], atol=1e-7)


@pytest.mark.parametrize("max_batch", [2, 8192])
def test_it_adds_up_where_captum_alone_does_not(bank_of, pictures, max_batch):
    background = np.random.default_rng(1).uniform(size=(3, 2, 8, 8))
    bank = bank_of(
        Functional(), pictures, background, classes=3, targets=[0, 1, 2, 1, 0], max_batch=max_batch
    )
    answer = DeepLift().explain(bank)
    sums = answer.values.reshape(5, -1).sum(axis=1)
    np.testing.assert_allclose(sums, bank.full - answer.base, rtol=1e-3, atol=1e-4)


def test_a_layer_without_a_rule_is_found_out_by_the_sum(bank_of, rows):
    with pytest.raises(NotApplicable, match="no rule"):
        DeepLift().explain(bank_of(Gelu(), rows))


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="tolerance"):
        DeepLift(tolerance=0)
