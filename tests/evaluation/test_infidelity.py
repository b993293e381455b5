"""Infidelity against what a linear model really loses."""

from __future__ import annotations

import numpy as np
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.infidelity import Infidelity, errors

WEIGHTS = [[2.0, -1.0, 0.5, 3.0]]


@pytest.fixture
def scene(table, linear, gather, contributions):
    def make(*local):
        return gather(table(4), linear(WEIGHTS, 1.0), local)

    return make, contributions(make())


def test_exact_contributions_foretell_every_loss(scene, explained, value_of):
    make, exact = scene
    outcome = Infidelity()(make(explained("shap", "perturbation", exact)))
    assert value_of(outcome, "infidelity").value < 1e-9
    assert value_of(outcome, "control").value > 0.2
    assert value_of(outcome, "infidelity").n == 24


def test_units_do_not_matter_and_nothing_foretells_nothing(scene, explained, value_of):
    make, exact = scene
    outcome = Infidelity()(
        make(
            explained("scaled", "gradient", 7 * exact),
            explained("zero", "gradient", np.zeros_like(exact)),
        )
    )
    assert value_of(outcome, "infidelity", method="scaled").value < 1e-9
    assert value_of(outcome, "infidelity", method="zero").value == pytest.approx(1)


def test_the_best_scale_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    foretold, lost = rng.normal(size=(2, 5, 20))
    scale = np.linalg.lstsq(foretold.reshape(-1, 1), lost.reshape(-1), rcond=None)[0][0]
    missed, size = errors(foretold, lost)
    assert missed == pytest.approx(((scale * foretold - lost) ** 2).mean(axis=1))
    assert size == pytest.approx((lost**2).mean(axis=1))


def test_methods_without_a_sign_foretell_no_loss(scene, explained):
    make, exact = scene
    with pytest.raises(NotApplicable, match="no explained method has a sign"):
        Infidelity()(make(explained("saliency", "gradient", abs(exact), signed=False)))
    with pytest.raises(NotApplicable, match="no explained method has a sign"):
        Infidelity()(make())
