"""Intervals and scores against scipy, scikit-learn and theory."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, f1_score

from xaiframe.precaution.measure import (
    balanced_accuracy,
    central,
    confusion,
    resampled_confusion,
    resampled_means,
    share_fact,
    weighted_f1,
    wilson,
)


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (57, 1000)])
def test_wilson_is_scipys(count, n):
    expected = binomtest(count, n).proportion_ci(method="wilson")

    assert wilson(count, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_share_of_nothing_has_a_reason():
    fact = share_fact("share", 0, 0)

    assert fact.value is None
    assert fact.interval is None
    assert "no rows" in fact.reason


def test_scores_are_scikit_learns():
    random = np.random.default_rng(0)
    y, told = random.choice([2, 5, 7], 200), random.choice([2, 5, 7], 200)
    counts = confusion(y, told)

    assert balanced_accuracy(counts) == pytest.approx(balanced_accuracy_score(y, told))
    assert weighted_f1(counts) == pytest.approx(f1_score(y, told, average="weighted"))


def test_resampling_within_classes_keeps_their_size():
    counts = np.array([[30, 10], [5, 55]])
    draws = resampled_confusion(counts, 0, within=True)

    assert (draws.sum(axis=2) == [40, 60]).all()
    assert draws[:, 0, 0].std() == pytest.approx(np.sqrt(40 * 0.75 * 0.25), rel=0.15)
    assert (resampled_confusion(counts, 0, within=False).sum(axis=(1, 2)) == 100).all()


def test_bootstrap_means_spread_like_the_standard_error():
    values = np.random.default_rng(1).normal(size=400)
    draws = resampled_means(values, 0)

    assert draws.std() == pytest.approx(values.std() / 20, rel=0.15)
    low, high = central(draws)
    assert low < values.mean() < high
    assert central(np.full(10, np.nan)) is None
