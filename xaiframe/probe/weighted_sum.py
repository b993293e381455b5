"""Weighted sums of a sheet's columns: the few that say most, and what a model's own are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.probe.sheet import Column

TOLERANCE = 1e-3
"""Largest deviation, in standard deviations of the score, of a model that is a weighted sum."""


@dataclass(frozen=True)
class Scale:
    """Columns centred and, where they are numbers, divided by their standard deviation in training;
    a level, a word or a gap counts 1 where it holds."""

    mean: Array
    unit: Array

    @classmethod
    def of(cls, x: Array, columns: Sequence[Column]) -> Scale:
        holds = np.array([one.holds for one in columns])
        return cls(x.mean(axis=0), np.where(holds, 1.0, x.std(axis=0)))

    def __call__(self, x: Array) -> Array:
        return np.asarray((x - self.mean) / self.unit)


def sparse(x: Array, y: Array, most: int) -> tuple[Array, Array, Array]:
    """Positions of at most ``most`` columns of ``x`` ``(n, columns)``, centred, that together say
    most of ``y`` ``(n, outputs)``; their weights ``(chosen, outputs)`` and intercepts.

    Simultaneous orthogonal matching pursuit (Tropp, Gilbert & Strauss 2006,
    doi:10.1016/j.sigpro.2005.05.030): the column that goes most with what is left of all outputs
    joins, and all weights are fitted again by least squares.
    """
    size = np.sqrt((x**2).sum(axis=0))
    chosen: list[int] = []
    mean, weights = y.mean(axis=0), np.empty((0, y.shape[1]))
    left = total = y - mean
    while len(chosen) < min(most, len(size)):
        pull = np.abs(x.T @ left).sum(axis=1) / np.where(size > 0, size, np.inf)
        pull[chosen] = -1
        if pull.max() <= 1e-6 * np.abs(total).sum() / len(y) ** 0.5:
            break
        chosen.append(int(pull.argmax()))
        weights = np.linalg.lstsq(x[:, chosen], y - mean, rcond=None)[0]
        left = y - mean - x[:, chosen] @ weights
    return np.array(chosen, dtype=int), weights, mean


def own_weights(x: Array, scores: Array) -> tuple[Array, float] | None:
    """The weights ``(columns, outputs)`` of a model whose ``scores`` ``(n, outputs)`` are a
    weighted sum of ``x`` ``(n, columns)``, and how far they deviate, in standard deviations of the
    score; None where they are none, or where so few rows cannot tell."""
    design = np.hstack([x, np.ones((len(x), 1))])
    if len(x) < 2 * design.shape[1]:
        return None
    found = np.linalg.lstsq(design, scores, rcond=None)[0]
    spread = scores.std(axis=0)
    if not (spread > 0).all():
        return None
    deviation = float((np.abs(design @ found - scores) / spread).max())
    return (found[:-1], deviation) if deviation <= TOLERANCE else None


def terms(
    columns: Sequence[Column], scale: Scale, outputs: Sequence[str], weights: Array
) -> pd.DataFrame:
    """One row per column and output: kind, feature, level, mean and unit (what is one more of it),
    output, value. ``weights`` is ``(columns, outputs)``."""
    return pd.DataFrame(
        [
            {
                "kind": column.kind, "feature": column.feature, "level": column.level,
                "mean": float(scale.mean[at]), "unit": float(scale.unit[at]), "output": output,
                "value": float(weights[at, place]),
            }
            for at, column in enumerate(columns)
            for place, output in enumerate(outputs)
        ]
    )  # fmt: skip
