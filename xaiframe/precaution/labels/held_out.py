"""Predictions of every training row by probes that have not seen its label."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, QuantileTransformer, StandardScaler

from xaiframe.explanation import Array
from xaiframe.precaution.columns import sample
from xaiframe.precaution.learning.probing import folds_of, forest

FLOOR = 1e-3
"""Smallest probability: a forest of few trees says 0 where it means seldom."""


def probabilities(x: Any, y: Array, folds: int, trees: int, fit: int, seed: int) -> Array:
    """``(n, classes)`` out of fold, of classes 0 … k−1 ``y`` ``(n,)``, rows summing to 1.

    The geometric mean of a random forest and a logistic regression: the forest bends where the
    classes do, the regression's margin keeps growing with the distance from their border, where
    a forest's share of votes only wavers. Each probe learns from at most ``fit`` rows.
    """
    logs = np.zeros((len(y), int(y.max()) + 1))
    for position, (known, held) in enumerate(folds_of(y, "classification", folds, seed)):
        rows = known[sample(len(known), fit, seed + position)]
        for probe in (
            _logistic(x, len(rows)),
            forest("classification", trees, seed, min_samples_leaf=3),
        ):
            probe.fit(x[rows], y[rows])
            told = np.full((len(held), logs.shape[1]), FLOOR)
            told[:, probe.classes_] = np.maximum(probe.predict_proba(x[held]), FLOOR)
            logs[held] += np.log(told / told.sum(axis=1, keepdims=True)) / 2
    shares = np.exp(logs)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _logistic(x: Any, n: int) -> Any:
    if issparse(x):  # words are counted: centring would fill the zeros
        return make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=2000, tol=1e-2))
    # by ranks, so that the far end of a heavy tail is no further from the border than its place
    ranks = QuantileTransformer(
        n_quantiles=min(n, 100), output_distribution="normal", subsample=None
    )
    return make_pipeline(
        ranks, StandardScaler(), LogisticRegression(C=0.1, max_iter=2000, tol=1e-2)
    )


def numbers(x: Any, y: Array, folds: int, trees: int, fit: int, seed: int) -> Array:
    """``(n,)`` out-of-fold predictions of a regression target by a random forest."""
    told = np.empty(len(y))
    for position, (known, held) in enumerate(folds_of(y, "regression", folds, seed)):
        rows = known[sample(len(known), fit, seed + position)]
        probe = forest("regression", trees, seed, min_samples_leaf=3, max_features=1 / 3)
        told[held] = probe.fit(x[rows], y[rows]).predict(x[held])
    return told
