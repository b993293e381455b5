"""Faithfulness correlation against numpy's and what a linear model loses."""

from __future__ import annotations

import numpy as np
import pytest

from xaiframe.evaluation.faithfulness_correlation import FaithfulnessCorrelation, correlations

WEIGHTS = [[2.0, -1.0, 0.5, 3.0]]


def test_exact_contributions_correlate_perfectly(
    table, linear, gather, explained, contributions, value_of
):
    bare = gather(table(4), linear(WEIGHTS))
    exact = contributions(bare)
    local = [
        explained("shap", "perturbation", 3 * exact),
        explained("opposed", "gradient", -exact),
    ]
    outcome = FaithfulnessCorrelation()(gather(table(4), linear(WEIGHTS), local))
    assert value_of(outcome, "correlation", method="shap").value == pytest.approx(1, abs=1e-6)
    assert value_of(outcome, "correlation", method="opposed").value == pytest.approx(-1, abs=1e-6)
    assert value_of(outcome, "control", method="shap").value < 0.7


def test_rows_are_correlated_as_numpy_does() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 6, 30))
    a[5] = 4.0
    found = correlations(a, b)
    expected = [np.corrcoef(*pair)[0, 1] for pair in zip(a[:5], b[:5], strict=True)]
    assert found[:5] == pytest.approx(expected)
    assert np.isnan(found[5])


def test_a_model_that_never_moves_says_so(table, linear, gather, explained, value_of):
    evidence = gather(table(3), linear([[0.0] * 3]), [explained("a", "gradient", np.ones((30, 3)))])
    fact = value_of(FaithfulnessCorrelation()(evidence), "correlation")
    assert fact.value is None
    assert "no set of features moves the score" in fact.reason
