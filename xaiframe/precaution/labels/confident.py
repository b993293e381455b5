"""Confident learning: the share of wrong labels, and which rows carry them."""

from __future__ import annotations

import warnings

import numpy as np

from xaiframe.explanation import Array

RESAMPLES = 100


def noise_share(y: Array, probability: Array) -> float:
    """Share of rows whose given label differs from their true one (Northcutt, Jiang & Chuang 2021,
    doi:10.1613/jair.1.12125): what lies off the diagonal of cleanlab's joint distribution.

    ``y`` ``(n,)`` classes 0 … k−1, ``probability`` ``(n, k)`` out of fold.
    """
    from cleanlab.count import estimate_joint

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes without a confident row
        joint = estimate_joint(y, probability)
    return float(max(1 - np.trace(joint), 0.0))


def suspected(y: Array, probability: Array) -> Array:
    """``(n,)`` bool: rows that cleanlab takes for mislabelled, pruned by the noise rate."""
    from cleanlab.filter import find_label_issues

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(find_label_issues(y, probability, n_jobs=1), dtype=bool)


def resampled(y: Array, probability: Array, seed: int) -> Array:
    """``(RESAMPLES,)`` bootstrap of :func:`noise_share` over rows; NaN where a class got lost."""
    random, n = np.random.default_rng([seed, 43]), len(y)
    draws = (random.integers(0, n, n) for _ in range(RESAMPLES))
    return np.array([_of(y[rows], probability[rows]) for rows in draws])


def _of(y: Array, probability: Array) -> float:
    complete = len(np.unique(y)) == probability.shape[1]
    return noise_share(y, probability) if complete else float("nan")


def control(labels: Array, probability: Array) -> Array:
    """``(times,)`` what :func:`noise_share` finds on redrawn ``labels`` ``(times, n)``."""
    return np.array([_of(drawn, probability) for drawn in labels])
