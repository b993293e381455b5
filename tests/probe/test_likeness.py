"""Fidelity and paired scores against scikit-learn and hand-made cases."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, r2_score

from xaiframe.probe.likeness import alike, compared, correlation, resampling, score, skill

RANDOM = np.random.default_rng(0)
Y = RANDOM.integers(0, 3, 150)
A = np.where(RANDOM.random(150) < 0.8, Y, RANDOM.integers(0, 3, 150))
B = np.where(RANDOM.random(150) < 0.6, Y, RANDOM.integers(0, 3, 150))
ALL = np.ones((1, 150))


def test_wilsons_interval_does_not_vanish_where_all_are_alike():
    found = alike(Y, Y)
    assert found.value == found.high == 1
    assert found.low == pytest.approx(150 / (150 + 1.959964**2), rel=1e-6)


def test_skill_is_the_share_of_a_constants_errors_avoided():
    answers, by = np.array([0] * 8 + [1] * 2), np.array([0] * 8 + [1, 0])
    assert skill(answers, by, 0, "classification", 0).value == pytest.approx(0.5)
    assert skill(answers, np.zeros(10), 0, "classification", 0).value == pytest.approx(0)
    assert np.isnan(skill(np.zeros(5), np.zeros(5), 0, "classification", 0).value)


def test_skill_of_values_is_r2():
    y, by = RANDOM.normal(size=80), RANDOM.normal(size=80)
    found = skill(y, by, float(y.mean()), "regression", 0)
    assert found.value == pytest.approx(r2_score(y, by))
    assert found.low < found.value < found.high


def test_scores_are_scikit_learns():
    assert score(Y, A, ALL, "classification")[0] == pytest.approx(balanced_accuracy_score(Y, A))
    y, by = RANDOM.normal(3, 2, 150), RANDOM.normal(3, 2, 150)
    assert score(y, by, ALL, "regression")[0] == pytest.approx(r2_score(y, by))
    weights = RANDOM.integers(0, 4, 150).astype(float)
    due = balanced_accuracy_score(Y, A, sample_weight=weights)
    assert score(Y, A, weights[None], "classification")[0] == pytest.approx(due)
    due = r2_score(y, by, sample_weight=weights)
    assert score(y, by, weights[None], "regression")[0] == pytest.approx(due)
    assert correlation(y, by, ALL)[0] == pytest.approx(np.corrcoef(y, by)[0, 1])


def test_pairing_narrows_the_difference():
    found = compared(Y, A, B, "classification", 0)
    assert found["difference"].value == pytest.approx(
        balanced_accuracy_score(Y, A) - balanced_accuracy_score(Y, B)
    )
    assert found["agreement"].value == (A == B).mean()
    same = compared(Y, A, A, "classification", 0)["difference"]
    assert same.value == same.low == same.high == 0


def test_draws_stay_within_classes():
    weights = resampling(Y, 1)
    for one in range(3):
        assert (weights[:, one == Y].sum(axis=1) == (one == Y).sum()).all()
