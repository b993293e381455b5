"""The domain classifier: its arithmetic against scikit-learn, its null law, what it can see."""

import numpy as np
import pandas as pd
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import roc_auc_score

from xaiframe.precaution.drift.domain import (
    RIDGE,
    auc,
    fit,
    hanley_sd,
    inputs,
    separate,
    similarity,
)


def normal(n, columns, seed, shift=0.0):
    values = np.random.default_rng(seed).normal(size=(n, columns))
    values[:, 0] += shift
    return pd.DataFrame(values, columns=[f"x{k}" for k in range(columns)])


def test_auc_is_scikit_learns():
    random = np.random.default_rng(0)
    score, labels = random.integers(0, 9, (80, 3)).astype(float), random.integers(0, 2, (80, 3))
    expected = [roc_auc_score(labels[:, k], score[:, k]) for k in range(3)]

    np.testing.assert_allclose(auc(score, labels), expected)
    assert auc(score[:, :1], np.ones((80, 1))) == 0.5


def test_ridge_is_scikit_learns():
    random = np.random.default_rng(1)
    z, labels = random.normal(size=(40, 3)), random.integers(0, 2, (40, 2)).astype(float)
    kernel = similarity(z, z)
    alpha = RIDGE * np.trace(kernel) / 40
    expected = KernelRidge(alpha=alpha, kernel="precomputed").fit(kernel, labels - labels.mean(0))

    np.testing.assert_allclose(fit(z, labels), expected.dual_coef_)


def test_false_alarms_are_rare():
    alarms, scores = 0, []
    for seed in range(40):
        found = separate(normal(120, 4, seed), normal(60, 4, 1000 + seed), 5, 50, seed)
        alarms += found.auc > found.null_mean + 3 * found.null_sd
        scores.append((found.auc - found.null_mean) / found.null_sd)
    assert alarms <= 1
    assert np.mean(scores) == pytest.approx(0, abs=0.5)
    assert np.std(scores) == pytest.approx(1, abs=0.3)


def test_a_moved_column_is_seen_and_named():
    found = separate(normal(300, 6, 0), normal(150, 6, 1, shift=1.0), 5, 50, 0)

    assert found.auc > found.null_mean + 3 * found.null_sd
    assert max(found.importance, key=found.importance.get) == "x0"
    assert found.low < found.auc < found.high


def test_a_shift_of_the_joint_law_alone_is_seen():
    def pair(n, sign, seed):
        frame = normal(n, 4, seed)
        frame["x1"] = 0.8 * sign * frame["x0"] + 0.6 * frame["x1"]
        return frame

    found = separate(pair(300, 1, 0), pair(150, -1, 1), 5, 50, 0)

    assert found.auc > 0.65
    assert found.auc > found.null_mean + 3 * found.null_sd


def test_scale_does_not_matter():
    a, b = normal(100, 3, 0), normal(60, 3, 1)
    found = separate(a, b, 5, 20, 0)
    stretched = separate(np.exp(3 * a), np.exp(3 * b), 5, 20, 0)

    assert stretched.auc == pytest.approx(found.auc)


def test_inputs_of_every_kind(hostile):
    z, owner = inputs(hostile)

    assert np.isfinite(z).all()
    assert set(owner) == set(range(hostile.shape[1]))
    assert len(owner) == z.shape[1]


def test_standard_error_at_one_half_is_mann_whitneys():
    assert hanley_sd(0.5, 40, 70) == pytest.approx(np.sqrt(111 / (12 * 40 * 70)), rel=0.02)
