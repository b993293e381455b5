"""Rows drawn by weight come as often as their weight says, up or down to a whole number."""

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xaiframe.model.estimators.weighing import drawn, weight_key


@pytest.mark.parametrize("seed", range(20))
def test_each_row_comes_as_often_as_its_weight(seed):
    weight = np.random.default_rng(seed).exponential(size=50)
    weight /= weight.mean()
    counts = np.bincount(drawn(weight, seed), minlength=50)
    assert counts.sum() == 50
    assert (np.abs(counts - weight) < 1 + 1e-9).all()


def test_over_many_seeds_the_mean_count_is_the_weight():
    weight = np.array([0.25, 0.5, 1.0, 2.25])
    counts = [np.bincount(drawn(weight, seed), minlength=4) for seed in range(2000)]
    np.testing.assert_allclose(np.mean(counts, axis=0), weight, atol=0.05)


@pytest.mark.parametrize(
    ("estimator", "key"),
    [
        (LogisticRegression(), "sample_weight"),
        (KNeighborsClassifier(), ""),
        (make_pipeline(StandardScaler(), Ridge()), "ridge__sample_weight"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), ""),
        (TransformedTargetRegressor(Ridge()), "sample_weight"),
    ],
)
def test_the_keyword_reaches_the_last_step(estimator, key):
    assert weight_key(estimator) == key
