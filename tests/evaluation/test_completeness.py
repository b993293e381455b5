from __future__ import annotations

import numpy as np
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.completeness import Completeness

WEIGHTS = [[2.0, -1.0, 0.5]]


@pytest.fixture
def due(table, linear, gather, contributions):
    evidence = gather(table(3), linear(WEIGHTS, 1.0))
    return contributions(evidence), evidence.scores


@pytest.fixture
def run(table, linear, gather):
    return lambda *local: Completeness()(gather(table(3), linear(WEIGHTS, 1.0), local))


def test_exact_contributions_leave_no_residual(run, explained, due, value_of):
    values, scores = due
    exact = explained("ig", "gradient", values, additive=True, base=scores - values.sum(axis=1))
    outcome = run(exact)
    assert value_of(outcome, "residual", method="ig").value < 1e-6
    assert value_of(outcome, "residual", method="ig").n == 30
    assert value_of(outcome, "control", method="ig").value > 0.5


def test_a_planted_residual_is_found_to_the_digit(run, explained, due, value_of):
    values, scores = due
    base = scores - values.sum(axis=1)
    wrong = values.copy()
    wrong[:, 1] += np.tile([0.3, -0.1], 15)
    outcome = run(explained("shap", "perturbation", wrong, additive=True, base=base))
    size = np.abs(scores - base).mean()
    fact = value_of(outcome, "residual", method="shap")
    assert fact.value == pytest.approx(0.2 / size, rel=1e-6)
    assert fact.interval[0] < fact.value < fact.interval[1]
    table = outcome.tables["instances"]
    np.testing.assert_allclose(table["residual"][:2], [0.3, -0.1], atol=1e-6)
    assert table["relative"].mean() == pytest.approx(fact.value)


def test_attributing_nothing_has_residual_one(run, explained, value_of):
    nothing = np.zeros((30, 3))
    outcome = run(explained("zero", "gradient", nothing, additive=True, base=np.zeros(30)))
    assert value_of(outcome, "residual").value == pytest.approx(1)
    assert value_of(outcome, "control").value == pytest.approx(1)


def test_the_control_is_every_other_instances_attribution(run, explained, due, value_of):
    values, scores = due
    base = scores - values.sum(axis=1)
    outcome = run(explained("ig", "gradient", values, additive=True, base=base))
    total, gap = values.sum(axis=1), scores - base
    others = [abs(total[j] - gap[i]) for i in range(30) for j in range(30) if i != j]
    expected = np.mean(others) / np.abs(gap).mean()
    assert value_of(outcome, "control").value == pytest.approx(expected)


def test_a_score_that_never_leaves_the_base_is_undefined(run, explained, due, value_of):
    _, scores = due
    outcome = run(explained("ig", "gradient", np.zeros((30, 3)), additive=True, base=scores))
    fact = value_of(outcome, "residual")
    assert fact.value is None
    assert "zero" in fact.reason


def test_a_claim_without_a_base_is_undefined_and_no_claim_does_not_apply(run, explained, value_of):
    outcome = run(explained("lrp", "gradient", np.ones((30, 3)), additive=True))
    assert value_of(outcome, "residual").value is None
    with pytest.raises(NotApplicable, match="add up"):
        run(explained("saliency", "gradient", np.ones((30, 3))))
