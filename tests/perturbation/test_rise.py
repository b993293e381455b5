"""RISE over features: half the Banzhaf value, and the paper's mean over kept masks."""

import numpy as np
import pytest
import torch

from xaiframe.perturbation.banzhaf import Banzhaf
from xaiframe.perturbation.rise import Rise


def curved(x):
    pairs = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] * x[:, 4]
    return pairs + torch.tanh(x @ torch.linspace(-1, 2, x.shape[1]))


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_with_all_coalitions_it_is_the_mean_of_those_that_keep_the_feature(make_bank):
    bank = make_bank(curved, rows(2, 6), np.zeros((1, 6)))
    found = Rise(samples=62).explain(bank)
    masks = (np.arange(64)[:, None] >> np.arange(6)) & 1 == 1
    worth = bank.values(np.broadcast_to(masks, (2, 64, 6)))
    for feature in range(6):
        kept = worth[:, masks[:, feature]].mean(axis=1)
        np.testing.assert_allclose(found.values[:, feature], kept - worth.mean(axis=1), atol=1e-9)
    assert (found.error == 0).all()


def test_it_is_half_the_banzhaf_value(make_bank):
    bank = make_bank(curved, rows(3, 7), rows(4, 7, 1))
    np.testing.assert_allclose(
        2 * Rise(samples=126).explain(bank).values, Banzhaf(samples=126).explain(bank).values,
        atol=1e-9,
    )  # fmt: skip


def test_sampled_values_err_as_much_as_they_say(make_bank):
    x, background = rows(12, 12), rows(5, 12, 1)
    exact = Rise(samples=4094).explain(make_bank(curved, x, background)).values
    off = []
    for seed in range(5):
        found = Rise(samples=400).explain(make_bank(curved, x, background, seed=seed))
        off.append(((found.values - exact) / found.error).ravel())
    deviations = np.concatenate(off)
    assert 0.88 < (np.abs(deviations) < 1.96).mean() < 0.99


def test_a_picture_model_that_looks_at_one_patch_is_seen_through(make_bank):
    mask = np.kron(np.arange(4).reshape(2, 2), np.ones((2, 2), int))[None]
    x = np.ones((1, 1, 4, 4), np.float32)
    bank = make_bank(lambda v: v[:, 0, :2, 2:].mean((1, 2)), x, np.zeros((1, 1, 4, 4)), mask=mask)
    np.testing.assert_allclose(Rise(samples=14).explain(bank).values, [[0, 0.5, 0, 0]], atol=1e-7)


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="samples"):
        Rise(samples=3)
