"""Prediction difference: naive Bayes gives each feature its own weight of evidence."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.prediction_difference import PredictionDifference
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer


class Logistic(nn.Module):
    """Log-odds w·x + b of the second of two classes."""

    def __init__(self, w, b):
        super().__init__()
        self.w, self.b = nn.Parameter(torch.tensor(w)), b

    def forward(self, x):
        odds = x @ self.w + self.b
        return torch.stack([-odds / 2, odds / 2], dim=1)


def bank_of(x, background, weights, output="logit", w=(1.0, -2.0, 0.0), b=0.3):
    x = np.asarray(x, np.float32)
    part = Split(np.arange(len(x)), x, np.zeros(len(x), int), pd.DataFrame(x))
    data = Data("table", "classification", part, part, part, ("a", "b", "c"), np.arange(3),
                ("no", "yes"))  # fmt: skip
    reference = Reference(np.asarray(background, np.float32), np.asarray(weights), output, 1)
    scorer = Scorer(WhiteBox(Logistic(list(w), b), data.task, data.classes, ()), reference)
    return CoalitionBank(scorer, data, x, np.ones(len(x), int), np.arange(len(x)), 0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_hand(x, background, weights, feature, w=(1.0, -2.0, 0.0), b=0.3):
    odds = np.array([x @ w + b + (row[feature] - x[feature]) * w[feature] for row in background])
    p = weights @ sigmoid(odds)
    return (x @ w + b - np.log(p / (1 - p))) / np.log(2)


BACKGROUND, WEIGHTS = np.array([[0.0, 1, 2], [1, -1, 0], [2, 0, 1]]), np.array([0.5, 0.3, 0.2])
X = np.array([[1.0, 1, 1], [-1, 0.5, 2]])


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_it_is_the_difference_of_log_odds_of_mean_probabilities(output):
    found = PredictionDifference(rows=10**9).explain(bank_of(X, BACKGROUND, WEIGHTS, output))
    wanted = [[by_hand(x, BACKGROUND, WEIGHTS, k) for k in range(3)] for x in X]
    np.testing.assert_allclose(found.values, wanted, atol=1e-5)
    assert not np.abs(found.values[:, 2]).max() > 1e-6


def test_one_background_row_gives_the_weight_of_evidence():
    """Against one row, evidence is the change of log-odds: w (x − x₀) ÷ ln 2."""
    found = PredictionDifference(rows=10**9).explain(bank_of(X, BACKGROUND[:1], [1.0]))
    wanted = (X - BACKGROUND[0]) * np.array([1.0, -2.0, 0.0]) / np.log(2)
    np.testing.assert_allclose(found.values, wanted, atol=1e-4)


def test_a_certain_answer_stays_finite():
    found = PredictionDifference().explain(bank_of(X * 1000, BACKGROUND, WEIGHTS))
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).max() < 2 * np.log2(1001)


def test_it_costs_what_it_says():
    found = PredictionDifference().explain(bank_of(X, BACKGROUND, WEIGHTS))
    assert found.evaluations == 2 * (3 * 3 + 1) + 3  # and the background itself, once


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="rows"):
        PredictionDifference(rows=0)
