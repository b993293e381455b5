"""Centred ICE: closed forms of how far curves part, and what the average hides."""

import numpy as np
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.facts import source
from xaiframe.perturbation.ice import ICE, heterogeneity
from xaiframe.perturbation.pdp import PDP


def test_an_additive_model_has_no_heterogeneity(make_population):
    x = np.random.default_rng(0).normal(size=(40, 3))
    model = lambda x: 3 * torch.sin(x[:, 0]) + x[:, 1] ** 2 - 0.5 * x[:, 2]
    found = ICE(top=3).explain(make_population(model, x))
    assert max(found.heterogeneity.values()) < 1e-6
    assert max(found.apart.values()) < 1e-4


def test_a_product_of_signs_cancels_in_the_average(make_population):
    """x0 · x1 with as many signs of either kind: slopes ±1, so all of it is heterogeneity."""
    x = np.random.default_rng(1).uniform(-1, 1, size=(60, 3))
    x[:, 1] = np.tile([-1, 1], 30)
    found = ICE(points=5).explain(make_population(lambda x: x[:, 0] * x[:, 1], x))
    assert found.heterogeneity["f0"] == pytest.approx(1, abs=1e-6)
    grid = found.grid["f0"]
    # the centred curves are ±(x − left end): their standard deviation is that distance
    due = np.sqrt(((grid - grid[0]) ** 2).mean())
    assert found.apart["f0"] == pytest.approx(due, rel=1e-5)
    np.testing.assert_allclose(found.average["f0"], 0, atol=1e-6)


def test_the_share_of_slopes_in_closed_form(make_population):
    """Slopes are 2 ± 1: variance 1 of a mean square of 5."""
    x = np.random.default_rng(2).uniform(-1, 1, size=(40, 2))
    x[:, 1] = np.tile([-1, 1], 20)
    model = lambda x: x[:, 0] * (2 + x[:, 1])
    found = ICE().explain(make_population(model, x))
    assert found.heterogeneity["f0"] == pytest.approx(1 / 5, rel=1e-4)


def test_every_curve_begins_at_zero_and_has_the_shape_of_partial_dependence(make_population):
    x = np.random.default_rng(3).normal(size=(30, 2))
    population = make_population(lambda x: torch.tanh(x[:, 0] * x[:, 1]), x)
    found, plain = ICE(points=7).explain(population), PDP(points=7).explain(population)
    for name, average in plain.average.items():
        assert (found.individual[name][:, 0] == 0).all()
        np.testing.assert_allclose(found.average[name], average - average[0], atol=1e-6)


def test_the_features_whose_rows_part_most_come_first(make_population):
    x = np.random.default_rng(4).normal(size=(50, 4))
    model = lambda x: 9 * x[:, 0] + x[:, 1] * x[:, 2] ** 3
    found = ICE(top=2).explain(make_population(model, x))
    assert set(found.average) == {"f1", "f2"}
    told = {(fact.name, fact.labels["feature"]) for fact in found.outcome(source()).facts}
    assert ("heterogeneity", "f1") in told
    assert ("apart", "f2") in told


def test_levels_without_an_order_are_held_against_each_rows_mean():
    """Two levels, half the rows each way: the average is flat."""
    single = np.array([[0.0, 1.0], [0.0, -1.0]])
    assert heterogeneity(np.arange(2.0), single, True) == pytest.approx(1)
    assert heterogeneity(np.arange(2.0), np.zeros((3, 2)), True) == 0


def test_evaluations_are_those_the_model_counted_and_the_plan_says(make_population):
    x = np.random.default_rng(0).normal(size=(30, 4))
    population = make_population(lambda x: x[:, 0], x)
    found = ICE(points=5, curves=10).explain(population)
    assert found.evaluations == population.model.evaluations == 4 * 5 * 10
    assert found.n == 10


def test_what_cannot_be_said_is_refused(make_population):
    with pytest.raises(NotApplicable, match="more than one value"):
        ICE().explain(make_population(lambda x: x[:, 0], np.zeros((5, 2))))
    several = make_population(lambda x: x[:, 0], np.eye(4), mask=np.array([0, 0, 1, 2]))
    with pytest.raises(NotApplicable, match="several columns"):
        ICE().explain(several)
    for wrong in ({"top": 0}, {"points": 1}, {"curves": 1}):
        with pytest.raises(ValueError, match="at least"):
            ICE(**wrong)
