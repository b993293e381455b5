"""Permutation SHAP: exact where orders do not matter, honest where they do."""

import numpy as np
import pytest
import torch

from xaiframe.perturbation.exact_shap import ExactShap
from xaiframe.perturbation.permutation_shap import PermutationShap


def curved(x):
    pairs = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] * x[:, 4]
    return pairs + torch.tanh(x @ torch.linspace(-1, 2, x.shape[1]))


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_walking_back_makes_pairwise_games_exact(make_bank):
    """With interactions of two at most, forwards and backwards average to the Shapley value."""

    def pairwise(x):
        return x[:, 0] * x[:, 1] - 2 * x[:, 2] * x[:, 3] + x[:, 4]

    bank = make_bank(pairwise, rows(3, 5), rows(4, 5, 1))
    found = PermutationShap(permutations=2).explain(bank)
    exact = ExactShap().explain(bank)
    np.testing.assert_allclose(found.values, exact.values, atol=1e-5)
    np.testing.assert_allclose(found.error, 0, atol=1e-5)


def test_values_sum_to_the_gain_and_err_as_much_as_they_say(make_bank):
    x, background = rows(12, 8), rows(5, 8, 1)
    exact = ExactShap().explain(make_bank(curved, x, background)).values
    off = []
    for seed in range(5):
        bank = make_bank(curved, x, background, seed=seed)
        found = PermutationShap(permutations=20).explain(bank)
        gain = bank.full - bank.empty
        np.testing.assert_allclose(found.values.sum(axis=1), gain, atol=1e-9)
        off.append(((found.values - exact) / np.maximum(found.error, 1e-12)).ravel())
    deviations = np.concatenate(off)
    assert 0.88 < (np.abs(deviations) < 2.09).mean() < 0.99


def test_no_coalition_is_asked_twice(make_bank):
    bank = make_bank(curved, rows(2, 5), np.zeros((1, 5)))
    ExactShap().explain(bank)
    asked = bank.evaluations
    PermutationShap(permutations=50).explain(bank)
    assert bank.evaluations == asked


def test_numbers_depend_on_seed_and_id_only(make_bank):
    x, background = rows(6, 8), rows(3, 8, 1)
    whole = PermutationShap().explain(make_bank(curved, x, background)).values
    order = np.array([4, 1])
    part = PermutationShap().explain(make_bank(curved, x[order], background, ids=order)).values
    np.testing.assert_allclose(part, whole[order], rtol=1e-5)


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="permutations"):
        PermutationShap(permutations=1)
