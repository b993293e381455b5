"""Scores of several models side by side: gained over guessing, lost on new data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.precaution.measure import (
    Interval,
    balanced_accuracy,
    central,
    confusion,
    resampled_confusion,
    resampled_means,
)

UNIT = {"classification": "balanced accuracy", "regression": "R²"}


@dataclass(frozen=True)
class Score:
    """A score with its bootstrap interval (within classes, so that none is ever empty)."""

    value: float | None
    interval: Interval | None
    n: int
    reason: str = ""

    @classmethod
    def of(cls, data: Data, y: Array, told: Array | None, seed: int) -> Score:
        """Of answers ``told`` ``(n,)``, NaN where none was asked; None when there is no answer."""
        if told is None or len(y) == 0:
            return cls(None, None, len(y), "too few rows or a single target value to train a probe")
        asked = ~np.isnan(told.astype(np.float64))
        y, told = y[asked], told[asked]
        if data.task == "classification":
            counts = confusion(y, told.astype(y.dtype))
            draws = balanced_accuracy(resampled_confusion(counts, seed, within=True))
            return cls(float(balanced_accuracy(counts)), central(draws), len(y))
        if np.ptp(y) == 0:
            return cls(None, None, len(y), "the target is constant")
        truth = y.astype(np.float64)
        moments = np.column_stack([(truth - told) ** 2, truth, truth**2])
        return cls(
            float(r2(moments.mean(axis=0))), central(r2(resampled_means(moments, seed))), len(y)
        )

    def fact(self, data: Data, model: str, split: str = "") -> Fact:
        return Fact(
            "score",
            self.value,
            UNIT[data.task],
            {"model": model, "split": split},
            n=self.n,
            interval=self.interval,
            better="higher",
            source=source("scikit-learn" if model == "probe" else "xaiframe"),
            reason=self.reason,
        )


def r2(moments: Array) -> Array:
    """``(...)`` from ``(..., 3)`` means of squared error, target, and squared target."""
    variance = moments[..., 2] - moments[..., 1] ** 2
    return np.asarray(1 - moments[..., 0] / np.where(variance > 0, variance, np.nan))


Scores = Mapping[tuple[str, str], Score]


def gain(scores: Scores) -> Fact:
    """(score − dummy) ÷ (1 − dummy) on test: the share of what there is to learn beyond guessing;
    the interval is that of the fitted score, the dummy taken as known."""
    model, base = scores["fitted", "test"], scores["dummy", "test"]
    reason = model.reason or base.reason
    if model.value is None or base.value is None or base.value >= 1:
        why = reason or "guessing is already perfect"
        return Fact("gain_over_dummy", None, "share", n=model.n, better="higher", reason=why)
    value, room = base.value, 1 - base.value
    return Fact(
        "gain_over_dummy",
        (model.value - value) / room,
        "share",
        n=model.n,
        interval=_shifted(model.interval, value, room),
        better="higher",
    )


def loss(scores: Scores, split: str) -> Fact:
    """(train − split) ÷ |train|, the fitted score's relative loss; the interval takes the training
    score as known."""
    name = "relative_loss" if split == "test" else f"relative_loss_{split}"
    train, later = scores["fitted", "train"], scores["fitted", split]
    if train.value is None or later.value is None or train.value <= 0:
        why = train.reason or later.reason or "the training score is not positive"
        return Fact(name, None, "share", n=later.n, better="lower", reason=why)
    interval = _shifted(later.interval, train.value, -train.value)
    lost = (train.value - later.value) / train.value
    return Fact(name, lost, "share", n=later.n, interval=interval, better="lower")


def _shifted(interval: Interval | None, origin: float, unit: float) -> Interval | None:
    if interval is None:
        return None
    low, high = sorted((end - origin) / unit for end in interval)
    return low, high


def score_table(scores: Scores) -> pd.DataFrame:
    """model, split, score, low, high, n."""
    rows = [
        (*key, one.value, *(one.interval or (np.nan, np.nan)), one.n) for key, one in scores.items()
    ]
    table = pd.DataFrame(rows, columns=["model", "split", "score", "low", "high", "n"])
    return table.astype({"score": np.float64, "low": np.float64, "high": np.float64})
