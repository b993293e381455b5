"""Predictive power score: how well a single column foretells the target."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.precaution.measure import (
    Interval,
    central,
    confusion,
    resampled_confusion,
    resampled_means,
    weighted_f1,
)


def predictive_power(column: Array, y: Array, task: str, folds: int, seed: int) -> Fact:
    """Fact ``predictive_power`` of one encoded column ``(n,)``, 0 (none) to 1 (gives y away).

    A small decision tree is cross-validated on the column alone and held against a guess:
    (F1 − F1 of the guess) ÷ (1 − F1 of the guess) with F1 weighted by class, or 1 − MAE ÷ MAE of
    the median; not below 0 (Wetschoreck, Krabel & Krishnamurthy 2020,
    doi:10.5281/zenodo.4091345). The guess is the better of the commonest class and of guessing by
    frequency. The interval resamples the rows of the out-of-fold predictions.
    """
    reason = _obstacle(y, task, folds)
    if reason:
        return _fact(None, None, len(y), reason)
    predicted = out_of_fold(column[:, None], y, task, folds, seed)
    if task == "classification":
        power, interval = classification_power(y, predicted, seed)
    else:
        power, interval = regression_power(y.astype(np.float64), predicted, seed)
    return _fact(power, interval, len(y))


def _fact(power: float | None, interval: Interval | None, n: int, reason: str = "") -> Fact:
    return Fact(
        "predictive_power",
        power,
        "power",
        n=n,
        interval=interval,
        better="lower",
        source=source("scikit-learn"),
        reason=reason,
    )


def _obstacle(y: Array, task: str, folds: int) -> str:
    if len(y) < 10 * folds:
        return f"{len(y)} rows: too few for {folds} folds of 10"
    known, counts = np.unique(y, return_counts=True)
    if len(known) < 2:
        return "the target has only one value"
    if task == "classification" and counts.max() < folds:
        return f"no class has a row for each of {folds} folds"
    return ""


def out_of_fold(x: Array, y: Array, task: str, folds: int, seed: int) -> Array:
    """``(n,)`` predictions of a tree that has not seen the row; up to 16 leaves, or 4 per class."""
    if task == "classification":
        labels, counts = np.unique(y, return_counts=True)
        leaves = max(16, 4 * len(labels))
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, min_samples_leaf=2, random_state=seed)
        # a class with fewer rows than folds cannot be stratified
        split = StratifiedKFold if counts.min() >= folds else KFold
    else:
        tree = DecisionTreeRegressor(max_leaf_nodes=16, min_samples_leaf=2, random_state=seed)
        split = KFold
    predicted = np.empty(len(y), dtype=y.dtype)
    for train, held in split(folds, shuffle=True, random_state=seed).split(x, y):
        predicted[held] = tree.fit(x[train], y[train]).predict(x[held])
    return predicted


def classification_power(y: Array, predicted: Array, seed: int) -> tuple[float, Interval | None]:
    """Power and its interval from labels and out-of-fold predictions ``(n,)``."""
    counts = confusion(y, predicted)
    draws = normalised_f1(resampled_confusion(counts, seed, within=False))
    return float(normalised_f1(counts)), central(draws)


def normalised_f1(counts: Array) -> Array:
    """``(...)`` from ``(..., k, k)`` confusion counts; NaN where only one class occurs."""
    share = counts.sum(axis=-1) / counts.sum(axis=(-1, -2))[..., None]
    commonest = share.max(axis=-1)
    # always the commonest: precision p, recall 1 for that class; by frequency: F1 of a class is p
    guess = np.maximum(commonest * 2 * commonest / (1 + commonest), (share**2).sum(axis=-1))
    room = np.where(guess < 1, 1 - guess, np.nan)
    return np.asarray(np.maximum((weighted_f1(counts) - guess) / room, 0.0))


def regression_power(y: Array, predicted: Array, seed: int) -> tuple[float, Interval | None]:
    """Power and its interval from values and out-of-fold predictions ``(n,)``."""
    errors = np.abs(np.column_stack([y - predicted, y - np.median(y)]))
    model, guess = errors.mean(axis=0)
    if guess == 0:
        return float("nan"), None
    draws = resampled_means(errors, seed)
    known = np.where(draws[:, 1] > 0, draws[:, 1], np.nan)
    return max(1 - model / guess, 0.0), central(np.maximum(1 - draws[:, 0] / known, 0.0))
