"""Shares of variance against the closed forms of Ishigami's and Sobol's functions."""

import numpy as np
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.perturbation.functional_decomposition import FunctionalDecomposition

A, B = 7.0, 0.1


def even(n, d, low, high, seed=0):
    """``(n, d)``: each column runs evenly from low to high, in an order of its own."""
    random = np.random.default_rng(seed)
    steps = low + (high - low) * (np.arange(n) + 0.5) / n
    return np.stack([random.permutation(steps) for _ in range(d)], axis=1)


def ishigami(x):
    return torch.sin(x[:, 0]) * (1 + B * x[:, 2] ** 4) + A * torch.sin(x[:, 1]) ** 2


def pairs(found):
    return {(r["first"], r["second"]): r for r in found.pairs.to_dict("records")}


def test_the_function_of_ishigami(make_population):
    """Ishigami & Homma 1990; variances in closed form."""
    first, third = 0.5 * (1 + B * np.pi**4 / 5) ** 2, 8 * B**2 * np.pi**8 / 225
    whole = first + third + A**2 / 8
    rows = even(1000, 3, -np.pi, np.pi)
    found = FunctionalDecomposition(samples=16384).explain(make_population(ishigami, rows))
    due = np.array([first, A**2 / 8, 0]) / whole
    off = (found.alone["value"] - due) / found.alone["error"]
    assert np.abs(off[:2]).max() < 3
    assert found.alone["error"].max() < 0.012
    own = pairs(found)["f0", "f2"]
    assert abs(own["value"] - third / whole) < 3 * own["error"]
    # The second feature only adds: not even noise is left.
    assert pairs(found)["f0", "f1"]["value"] == pytest.approx(0, abs=1e-6)
    assert found.remainder == pytest.approx(0, abs=0.03)
    assert found.spread == pytest.approx(1, abs=0.1)


def test_the_g_function_of_sobol_has_a_remainder(make_population):
    weights = torch.tensor([0.0, 0.5, 1.0])
    model = lambda x: ((torch.abs(4 * x - 2) + weights) / (1 + weights)).prod(dim=1)
    found = FunctionalDecomposition(samples=32768).explain(
        make_population(model, even(1000, 3, 0, 1))
    )
    parts = 1 / (3 * (1 + weights.double().numpy()) ** 2)
    whole = (1 + parts).prod() - 1
    assert (np.abs(found.alone["value"] - parts / whole) < 3.5 * found.alone["error"]).all()
    due = np.array([parts[0] * parts[1], parts[0] * parts[2], parts[1] * parts[2]]) / whole
    assert (np.abs(found.pairs["value"] - due) < 3.5 * found.pairs["error"]).all()
    assert found.remainder == pytest.approx(parts.prod() / whole, abs=0.03)


def test_errors_mean_what_they_say(make_population):
    rows = even(200, 3, -np.pi, np.pi)
    runs = [
        FunctionalDecomposition(samples=512).explain(make_population(ishigami, rows, seed=seed))
        for seed in range(40)
    ]
    values = np.array([one.alone["value"] for one in runs])[:, :2]
    errors = np.array([one.alone["error"] for one in runs])[:, :2]
    ratio = values.std(axis=0, ddof=1) / errors.mean(axis=0)
    assert (ratio > 0.7).all()
    assert (ratio < 1.4).all()


def test_an_additive_model_is_main_effects_alone(make_population):
    x = np.random.default_rng(0).normal(size=(300, 4))
    slopes = torch.tensor([1.0, 2.0, 0.0, -2.0])
    found = FunctionalDecomposition(samples=8192).explain(make_population(lambda x: x @ slopes, x))
    own = x.var(axis=0) * slopes.numpy() ** 2
    np.testing.assert_allclose(found.alone["value"], own / own.sum(), atol=0.04)
    np.testing.assert_allclose(found.pairs["value"], 0, atol=1e-6)


def test_features_that_move_together_are_taken_apart_and_it_says_so(make_population):
    first = np.random.default_rng(1).normal(size=400)
    x = np.stack([first, -first], axis=1)
    found = FunctionalDecomposition().explain(
        make_population(lambda x: x.sum(dim=1) + 0.1 * x[:, 0], x)
    )
    assert found.spread > 50  # the sum hardly varies over real rows


def test_evaluations_are_those_the_model_counted_and_the_plan_says(make_population):
    x = np.random.default_rng(0).normal(size=(30, 5))
    population = make_population(lambda x: x.prod(dim=1), x)
    found = FunctionalDecomposition(samples=64, top=3).explain(population)
    assert found.evaluations == population.model.evaluations == 30 + 64 * (2 + 5 + 3)
    assert found.n == 64


def test_batches_of_any_size_give_the_same(make_population):
    x = np.random.default_rng(0).normal(size=(30, 4))
    population = make_population(lambda x: x[:, 0] * x[:, 1] + x[:, 2], x)
    whole = FunctionalDecomposition(samples=100).explain(population)
    population.scorer.limit = 7
    small = FunctionalDecomposition(samples=100).explain(population)
    np.testing.assert_allclose(small.pairs["value"], whole.pairs["value"], rtol=1e-5, atol=1e-9)


def test_patches_of_a_picture(make_population):
    mask = np.array([[[0, 0, 1, 1], [2, 2, 3, 3]]])
    x = np.random.default_rng(2).choice([-1.0, 1.0], size=(64, 1, 2, 4))
    model = lambda x: x[:, 0, 0, 0] * x[:, 0, 0, 1] * x[:, 0, 1, 3]
    found = FunctionalDecomposition(samples=2048).explain(make_population(model, x, mask=mask))
    # the two pixels of the first patch stay together: their product varies as one
    assert pairs(found)["f0", "f3"]["value"] == pytest.approx(1, abs=0.15)


def test_what_cannot_be_said_is_refused(make_population):
    with pytest.raises(NotApplicable, match="the same whatever"):
        FunctionalDecomposition().explain(make_population(lambda x: 0 * x[:, 0], np.eye(4)))
    for wrong in ({"samples": 63}, {"top": 1}):
        with pytest.raises(ValueError, match="at least"):
            FunctionalDecomposition(**wrong)
