"""Banzhaf values: the definition, majority games, and errors that mean what they say."""

import numpy as np
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.perturbation.banzhaf import Banzhaf, fit
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.probe.fair_coin import Tossed
from xaiframe.probe.sampling import draw


def curved(x):
    pairs = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] * x[:, 4]
    return pairs + torch.tanh(x @ torch.linspace(-1, 2, x.shape[1]))


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def definition(worth, players):
    """Mean marginal contribution over all coalitions of the others."""
    number = np.arange(2**players)
    found = []
    for player in range(players):
        without = number[(number >> player) & 1 == 0]
        found.append((worth[without | (1 << player)] - worth[without]).mean())
    return np.array(found)


def solved(worth, players, samples, seed=0):
    drawn = draw(players, samples, np.random.default_rng(seed))
    bit = 1 << np.arange(players)
    answers = np.stack([worth[drawn.masks @ bit], worth[~drawn.masks @ bit]])
    return fit(Tossed.of(drawn, answers, worth[-1], worth[0]))


@pytest.mark.parametrize("players", [1, 2, 5, 6])
def test_all_coalitions_give_the_definition(players):
    worth = np.random.default_rng(players).normal(size=2**players)
    values, error = solved(worth, players, 2**players)
    np.testing.assert_allclose(values, definition(worth, players), atol=1e-10)
    assert (error == 0).all()


def test_in_a_majority_of_three_each_decides_half_the_time():
    worth = np.array([0, 0, 0, 1, 0, 1, 1, 1.0])
    np.testing.assert_allclose(solved(worth, 3, 8)[0], [0.5, 0.5, 0.5])


def test_a_linear_model_needs_few_coalitions(make_bank):
    slopes = torch.linspace(-2, 2, 20)
    bank = make_bank(lambda x: x @ slopes, rows(3, 20), np.zeros((1, 20)))
    found = Banzhaf(samples=80).explain(bank)
    np.testing.assert_allclose(found.values, slopes.numpy() * bank.x, atol=1e-4)
    np.testing.assert_allclose(found.error, 0, atol=1e-4)


def test_sampled_values_err_as_much_as_they_say(make_bank):
    x, background = rows(12, 12), rows(5, 12, 1)
    exact = Banzhaf(samples=4094).explain(make_bank(curved, x, background)).values
    off = []
    for seed in range(5):
        found = Banzhaf(samples=300).explain(make_bank(curved, x, background, seed=seed))
        off.append(((found.values - exact) / found.error).ravel())
    deviations = np.concatenate(off)
    assert 0.88 < (np.abs(deviations) < 1.96).mean() < 0.99


def test_it_asks_nothing_that_kernel_shap_has_asked(make_bank):
    bank = make_bank(curved, rows(2, 12), rows(3, 12, 1))
    KernelShap(samples=200).explain(bank)
    assert Banzhaf(samples=200).explain(bank).evaluations == 0


def test_too_few_coalitions_are_refused(make_bank):
    with pytest.raises(NotApplicable, match="at least 80"):
        Banzhaf(samples=79).explain(make_bank(lambda x: x.sum(1), rows(1, 20), np.zeros((1, 20))))


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="samples"):
        Banzhaf(samples=3)
