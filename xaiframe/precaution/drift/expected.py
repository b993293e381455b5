"""What a shift of the inputs is expected to cost, from labels of the old rows alone."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.model.face import Model
from xaiframe.precaution.drift.ratio import likeness
from xaiframe.precaution.measure import central, resampled_means

MOST = 10.0
"""Largest weight of a row, in multiples of the mean."""
FEWEST = 30
"""Effective rows below which the weighted score is not told."""


def expected_loss(data: Data, model: Model, names: tuple[str, str], folds: int, seed: int) -> Fact:
    """Score on the reference split − the same score weighted to look like the current split
    (importance-weighted validation: Sugiyama, Krauledat & Müller 2007, JMLR 8).

    Accuracy, or 1 − squared error ÷ the target's variance. Reads inputs of the current split and
    never its labels; holds where the shift left the target's law given the inputs alone (covariate
    shift). The interval takes the weights as known. None where the two splits look alike, or
    where too few of the reference rows look like the current ones.
    """
    reference, current = (data.splits[name] for name in names)
    unit = "accuracy" if data.task == "classification" else "R²"
    n = len(reference)

    def absent(reason: str) -> Fact:
        return Fact("expected_loss", None, unit, n=n, better="lower", reason=reason)

    least = min(n, len(current))
    if least < 10 * folds:
        return absent(f"{least} rows in the smaller split: fewer than {10 * folds}")
    found = likeness(reference.frame, current.frame, folds, seed)
    if found.auc - found.half <= 0.5:
        return absent(f"{names[1]} rows look like {names[0]} rows (AUC {found.auc:.2f})")
    weight = found.clipped(MOST)
    counting = float(weight.sum() ** 2 / (weight**2).sum())
    if counting < FEWEST:
        return absent(f"{names[0]} rows that look like {names[1]} rows count as {counting:.0f}")
    credit = credits(model, reference, data.task)
    if credit is None:
        return absent(f"the target is constant over the {names[0]} rows")
    moments = np.column_stack([credit, weight * credit, weight])
    draws = lost(resampled_means(moments, seed))
    value = float(lost(moments.mean(axis=0)))
    return Fact("expected_loss", value, unit, n=n, interval=central(draws), better="lower")


def lost(moments: Array) -> Array:
    """``(...)`` from ``(..., 3)`` means of credit, weighted credit and weight."""
    return np.asarray(moments[..., 0] - moments[..., 1] / moments[..., 2])


def credits(model: Model, rows: Split, task: str) -> Array | None:
    """``(n,)`` 1 for a right answer and 0 for a wrong one; 1 − squared error ÷ variance."""
    told = model.predictions(rows.x)
    if task == "classification":
        return np.asarray(told == rows.y, dtype=np.float64)
    y = rows.y.astype(np.float64)
    return None if np.ptp(y) == 0 else np.asarray(1 - (y - told) ** 2 / y.var())
