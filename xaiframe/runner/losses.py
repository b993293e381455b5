"""How wrong predictions are, in plain numpy, so that thousands of resamples cost little."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Array
from xaiframe.facts import Better

BINS = 10
TINY = 1e-15
"""The least probability that a logarithm is taken of."""


@dataclass(frozen=True)
class Measure:
    """``of(outputs, y)``: outputs ``(n, classes)`` probabilities or ``(n,)`` predicted values; y
    ``(n,)`` class numbers or values."""

    of: Callable[[Array, Array], float]
    better: Better
    unit: str

    def gain(self, mine: float, other: float) -> float:
        """How much better ``mine`` is, in the measure's unit; negative where it is worse."""
        return mine - other if self.better == "higher" else other - mine


def brier(probabilities: Array, y: Array) -> float:
    """Mean squared distance of the probabilities from the truth, summed over classes: 0 to 2
    (Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2)."""
    distance = probabilities.copy()
    distance[np.arange(len(y)), y] -= 1
    return float((distance**2).sum(axis=1).mean())


def log_loss(probabilities: Array, y: Array) -> float:
    """Mean −log of the probability given to the truth, in nats."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(y)), y], TINY)).mean())


def calibration_error(probabilities: Array, y: Array) -> float:
    """Mean distance of confidence from accuracy over ten equal bins of confidence (Guo et al. 2017,
    arXiv:1706.04599)."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    apart = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(apart).sum() / len(y))


def accuracy(probabilities: Array, y: Array) -> float:
    """Share of rows whose most probable class is the true one."""
    return float((probabilities.argmax(axis=1) == y).mean())


def balanced_accuracy(probabilities: Array, y: Array) -> float:
    """Mean over the classes that occur of the share of their rows that are found."""
    right = probabilities.argmax(axis=1) == y
    rows = np.bincount(y)
    return float((np.bincount(y, weights=right)[rows > 0] / rows[rows > 0]).mean())


def mae(predictions: Array, y: Array) -> float:
    """Mean absolute error."""
    return float(np.abs(predictions - y).mean())


def rmse(predictions: Array, y: Array) -> float:
    """Root mean squared error."""
    return float(np.sqrt(((predictions - y) ** 2).mean()))


def r2(predictions: Array, y: Array) -> float:
    """Share of the variance that is explained; below 0 where the mean does better."""
    return float(1 - ((predictions - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())


CLASSIFICATION: Mapping[str, Measure] = {
    "brier": Measure(brier, "lower", "0 to 2"),
    "log_loss": Measure(log_loss, "lower", "nats"),
    "calibration_error": Measure(calibration_error, "lower", "share"),
    "accuracy": Measure(accuracy, "higher", "share"),
    "balanced_accuracy": Measure(balanced_accuracy, "higher", "share"),
}
REGRESSION: Mapping[str, Measure] = {
    "mae": Measure(mae, "lower", "target units"),
    "rmse": Measure(rmse, "lower", "target units"),
    "r2": Measure(r2, "higher", "R²"),
}
HEADLINE = {"classification": "balanced_accuracy", "regression": "r2"}
"""What ``model.<split>.score`` is called here."""


def measures(task: str) -> Mapping[str, Measure]:
    """The measures of a task, proper scores first."""
    return CLASSIFICATION if task == "classification" else REGRESSION
