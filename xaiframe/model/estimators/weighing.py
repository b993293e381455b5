"""Rows that count unequally, for estimators that take weights and for those that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from xaiframe.explanation import Array

WEIGHT = "sample_weight"


def weight_key(estimator: Any) -> str:
    """The keyword of ``fit`` that carries the weights of rows to the last step of a pipeline;
    empty where that takes none."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weight_key(last)
        return f"{name}__{inner}" if inner else ""
    if isinstance(estimator, TransformedTargetRegressor):
        return weight_key(estimator.regressor)
    return WEIGHT if has_fit_parameter(estimator, WEIGHT) else ""


def drawn(weight: Array, seed: int) -> Array:
    """``(n,)`` positions, each as often as its ``weight`` ``(n,)`` (mean 1) says, up or down to a
    whole number (systematic sampling, Madow 1949, doi:10.1214/aoms/1177729988)."""
    start = np.random.default_rng([seed, 47]).uniform()
    ends = np.cumsum(np.asarray(weight, dtype=np.float64) / np.mean(weight))
    ends[-1] = len(ends)  # whatever the sum was rounded to
    counts = np.diff(np.floor(ends + start), prepend=np.floor(start)).astype(int)
    return np.repeat(np.arange(len(ends)), counts)
