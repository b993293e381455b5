"""Accumulated local effects: an additive model's own terms, whatever the features' correlation."""

import numpy as np
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.perturbation.ale import ALE


def together(n=4000, seed=0):
    """Two features that are nearly the same, and a third on its own."""
    random = np.random.default_rng(seed)
    first = random.uniform(-1, 1, n)
    columns = [first, first + random.normal(0, 0.05, n), random.uniform(-1, 1, n)]
    return np.stack(columns, axis=1).astype(np.float32)


def test_an_additive_model_shows_its_own_terms_centred(make_population):
    x = together()
    found = ALE(top=3).explain(
        make_population(lambda x: x[:, 0] ** 2 - 3 * x[:, 1] + torch.sin(2 * x[:, 2]), x)
    )
    for name, term in (
        ("f0", np.square),
        ("f1", lambda v: -3 * v),
        ("f2", lambda v: np.sin(2 * v)),
    ):
        grid = found.grid[name]
        assert len(grid) == 21
        column = x[:, int(name[1])]
        np.testing.assert_allclose(found.average[name], term(grid) - term(column).mean(), atol=0.02)


def test_it_does_not_ask_for_rows_that_cannot_be(make_population):
    """The model explodes where f0 and f1 part; partial dependence would show it."""

    def model(x):
        return x[:, 0] + 1000 * torch.relu((x[:, 0] - x[:, 1]).abs() - 0.8)

    found = ALE(top=3).explain(make_population(model, together()))
    grid = found.grid["f0"]
    slope = np.diff(found.average["f0"]) / np.diff(grid)
    np.testing.assert_allclose(slope, 1, atol=1e-2)


def test_an_interaction_is_averaged_where_the_rows_are(make_population):
    """d/dx₀ x₀x₁ is x₁, near x₀ here: the curve is x₀²/2, where independence would give 0."""
    x = together(20000)
    found = ALE(top=3, intervals=40).explain(make_population(lambda x: x[:, 0] * x[:, 1], x))
    expected = found.grid["f0"] ** 2 / 2
    np.testing.assert_allclose(np.diff(found.average["f0"]), np.diff(expected), atol=0.004)


def test_the_widest_curves_come_first_and_evaluations_are_counted(make_population):
    x = together(300)
    found = ALE(top=2).explain(make_population(lambda x: x[:, 0] + 5 * x[:, 2], x))
    assert list(found.average) == ["f2", "f0"]
    assert found.evaluations == 2 * 3 * 300
    assert found.n == 300


def test_features_without_an_order_have_no_curve(make_population):
    x = np.random.default_rng(0).integers(0, 2, size=(50, 2))
    with pytest.raises(NotApplicable, match="order"):
        ALE().explain(make_population(lambda x: x[:, 0], x))


@pytest.mark.parametrize("wrong", [{"top": 0}, {"intervals": 1}])
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ALE(**wrong)
