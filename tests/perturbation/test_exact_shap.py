"""Exact Shapley values: the definition, its axioms, and a polite refusal of too many features."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaiframe.errors import NotApplicable
from xaiframe.perturbation.exact_shap import ExactShap, shapley


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def product(x):
    return x[:, 0] * x[:, 1] + 3 * x[:, 2]


def test_a_product_is_halved_and_the_rest_is_its_own(make_bank):
    """Against zero, x₀x₁ belongs to both in equal parts: a known game."""
    bank = make_bank(product, rows(4, 5), np.zeros((1, 5)))
    half = bank.x[:, 0] * bank.x[:, 1] / 2
    expected = np.stack([half, half, 3 * bank.x[:, 2], 0 * half, 0 * half], axis=1)
    np.testing.assert_allclose(ExactShap().explain(bank).values, expected, atol=1e-6)


def test_it_is_what_shap_enumerates(make_bank, shap):
    x, background = rows(3, 6), rows(4, 6, 1)

    def model(values):
        return torch.tanh(values @ torch.linspace(-1, 2, 6)) + values[:, 0] * values[:, 3]

    found = ExactShap().explain(make_bank(model, x, background))
    explainer = shap.explainers.Exact(
        lambda v: model(torch.as_tensor(v, dtype=torch.float32)).numpy(), background
    )
    theirs = explainer(x)
    np.testing.assert_allclose(found.values, theirs.values, atol=1e-5)
    np.testing.assert_allclose(found.base, theirs.base_values, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=16, max_size=16))
def test_the_axioms_hold_for_any_game(worth):
    worth = np.array(worth)
    values = shapley(worth, 4)
    assert values.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-9)
    other = np.arange(16.0)
    np.testing.assert_allclose(
        shapley(worth + 2 * other, 4), values + 2 * shapley(other, 4), atol=1e-9
    )
    without_first = worth[np.arange(16) & ~1]  # player 0 changes nothing
    assert shapley(without_first, 4)[0] == pytest.approx(0, abs=1e-12)


def test_features_equal_to_the_background_cost_nothing(make_bank):
    x = rows(1, 30)
    x[:, 3:] = 0
    bank = make_bank(product, x, np.zeros((1, 30)))
    found = ExactShap(limit=3).explain(bank)
    assert found.evaluations == 2**3
    assert not found.values[:, 3:].any()


def test_too_many_features_are_refused_with_the_way_out(make_bank):
    with pytest.raises(NotApplicable, match=r"2\*\*5 coalitions; limit is 4, kernel_shap"):
        ExactShap(limit=4).explain(make_bank(product, rows(1, 5), np.zeros((1, 5))))


@pytest.mark.parametrize("limit", [0, 21])
def test_bad_parameters_are_refused(limit):
    with pytest.raises(ValueError, match="limit"):
        ExactShap(limit=limit)
