"""VarGrad shows where the gradient changes, with an honest error bar."""

import numpy as np
import pytest
import torch
from captum.attr import NoiseTunnel, Saliency
from torch import nn

from xaiframe.gradient.vargrad import VarGrad


class Square(nn.Module):
    """x₀²: the gradient 2(x₀ + ε) has variance 4 var ε wherever x is."""

    def forward(self, x):
        return x[:, :1] ** 2 + x[:, 1:2]


@pytest.fixture
def squared():
    return nn.Sequential(Square(), nn.Identity())


def test_a_linear_model_does_not_vary(bank_of, linear, rows, train):
    answer = VarGrad().explain(bank_of(linear, rows, train=train))
    np.testing.assert_allclose(answer.values, 0, atol=1e-9)


def test_of_a_square_it_is_the_same_everywhere(bank_of, squared, rows, train):
    answer = VarGrad(samples=4000, noise=0.2).explain(bank_of(squared, rows, train=train))
    spread, sd = 0.2 * np.ptp(train[:, 0]), train[:, 0].std()
    expected = 4 * spread**2 * sd**2
    # the sample variance of n normal numbers has relative error √(2 ÷ (n − 1))
    assert np.all(np.abs(answer.values[:, 0] - expected) < 4 * expected * np.sqrt(2 / 3999))
    np.testing.assert_allclose(answer.values[:, 1:], 0, atol=1e-9)


def test_the_error_is_the_spread_over_seeds(bank_of, mlp, rows, train):
    mask = np.array([0, 0, 1, 2])
    answers = [
        VarGrad(samples=100, noise=0.3).explain(
            bank_of(mlp, rows[:3], train=train, classes=3, mask=mask, seed=seed)
        )
        for seed in range(60)
    ]
    sums = np.array([one.per_feature(mask, 3) for one in answers])
    stated = np.sqrt(np.mean([one.error**2 for one in answers], axis=0))
    assert stated.shape == (3, 3)
    assert stated.mean() == pytest.approx(sums.std(axis=0, ddof=1).mean(), rel=0.25)


def test_it_is_captums_on_equal_terms(bank_of, mlp, train):
    """One noise for all elements; captum divides by the number of copies, not by one less."""
    rows = np.zeros((2, 4), np.float32)
    train = train / np.ptp(train, axis=0)
    bank = bank_of(mlp, rows, train=train, classes=3)
    mine = VarGrad(samples=3000, noise=0.3).explain(bank)
    torch.manual_seed(0)
    found = NoiseTunnel(Saliency(bank.module)).attribute(
        torch.tensor(rows), nt_type="vargrad", nt_samples=3000, stdevs=0.3, target=0, abs=False
    )
    expected = found.detach().numpy() * train.std(axis=0) ** 2
    assert np.all(np.abs(mine.values - expected) < 5 * mine.error + 1e-6)


@pytest.mark.parametrize("wrong", [{"samples": 3}, {"noise": -1.0}])
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        VarGrad(**wrong)
