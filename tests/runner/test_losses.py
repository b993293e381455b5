"""Every measure is what scikit-learn or torchmetrics says it is."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as peer
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from xaiframe.runner import losses

RNG = np.random.default_rng(5)
Y = RNG.integers(0, 3, 90)
P = RNG.dirichlet(np.ones(3), 90) + 0.6 * np.eye(3)[Y]
P /= P.sum(axis=1, keepdims=True)
VALUES = RNG.normal(size=60)
GUESSES = VALUES + RNG.normal(size=60) / 3


def test_probabilities_are_judged_as_the_peers_judge_them() -> None:
    assert losses.log_loss(P, Y) == pytest.approx(peer.log_loss(Y, P))
    assert losses.accuracy(P, Y) == pytest.approx(peer.accuracy_score(Y, P.argmax(axis=1)))
    balanced = peer.balanced_accuracy_score(Y, P.argmax(axis=1))
    assert losses.balanced_accuracy(P, Y) == pytest.approx(balanced)
    two = P[:, :2] / P[:, :2].sum(axis=1, keepdims=True)
    half = peer.brier_score_loss(Y == 1, two[:, 1])
    assert losses.brier(two, (Y == 1).astype(int)) == pytest.approx(2 * half)
    error = multiclass_calibration_error(torch.tensor(P), torch.tensor(Y), 3, n_bins=10)
    assert losses.calibration_error(P, Y) == pytest.approx(float(error), abs=1e-6)


def test_values_are_judged_as_the_peer_judges_them() -> None:
    assert losses.mae(GUESSES, VALUES) == pytest.approx(peer.mean_absolute_error(VALUES, GUESSES))
    squared = peer.root_mean_squared_error(VALUES, GUESSES)
    assert losses.rmse(GUESSES, VALUES) == pytest.approx(squared)
    assert losses.r2(GUESSES, VALUES) == pytest.approx(peer.r2_score(VALUES, GUESSES))


def test_a_gain_is_positive_where_it_is_better_whichever_way_that_is() -> None:
    assert losses.measures("classification")["brier"].gain(0.1, 0.3) == pytest.approx(0.2)
    assert losses.measures("classification")["accuracy"].gain(0.9, 0.8) == pytest.approx(0.1)


def test_certainty_of_the_wrong_class_costs_much_and_not_everything() -> None:
    sure = np.array([[1.0, 0.0]])
    assert losses.brier(sure, np.array([1])) == 2.0
    assert np.isfinite(losses.log_loss(sure, np.array([1])))
