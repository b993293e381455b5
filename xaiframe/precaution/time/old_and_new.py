"""A probe that learnt from the past against one that learnt from the present, on the present."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from xaiframe.explanation import Array
from xaiframe.precaution.drift.domain import similarity
from xaiframe.precaution.measure import Interval, central, resampled_means

RIDGE = 0.05
"""Times the kernel's mean diagonal."""
BLOCKS = 40
"""Stretches of time that are shared out; rows of one stretch may hang together."""


@dataclass(frozen=True)
class Comparison:
    """Mean loss on the later half of the old probe and of the new one, their difference with its
    paired interval, what 95 and 99 of 100 shuffles of time stay below, and rows judged."""

    old: float
    new: float
    interval: Interval | None
    null95: float
    null99: float
    n: int

    @property
    def difference(self) -> float:
        return self.old - self.new


def old_against_new(z: Array, target: Array, draws: int, seed: int) -> Comparison:
    """Both probes on the later half of the rows, each asked only of rows it did not learn from.

    ``z`` ``(n, inputs)`` comparable numbers and ``target`` ``(n, outputs)`` in the order of time.
    Time is cut into 40 stretches. Old: kernel ridge on every other stretch of the first half; new:
    on as many of the second; both are asked of the rest of the second half, then the rôles of the
    stretches change. Loss: squared error, summed over outputs. The null law is that of shuffled
    stretches, which have no order: the same probes, fitted again.
    """
    kernel = similarity(z, z)
    kernel[np.diag_indices_from(kernel)] += RIDGE * np.trace(kernel) / len(kernel)
    stretch = np.arange(len(z)) * BLOCKS // len(z)
    random = np.random.default_rng([seed, 239])
    old, new = _losses(kernel, target, stretch)
    null = []
    for _ in range(draws):
        was, now = _losses(kernel, target, random.permutation(BLOCKS)[stretch])
        null.append(was.mean() - now.mean())
    centre, sd = float(np.mean(null)), float(np.std(null, ddof=1))
    # the law of one more draw beside few, whose mean and spread are themselves uncertain
    wider = sd * np.sqrt(1 + 1 / draws)
    low, high = (centre + float(t.ppf(level, draws - 1) * wider) for level in (0.95, 0.99))
    parts = np.array_split(old - new, BLOCKS // 2)
    interval = central(resampled_means(np.array([part.mean() for part in parts]), seed))
    return Comparison(float(old.mean()), float(new.mean()), interval, low, high, len(old))


def _losses(kernel: Array, target: Array, stretch: Array) -> tuple[Array, Array]:
    """``(m,)`` losses of the old and the new probe on every row of the later half."""
    told = np.empty((2, len(stretch)))
    late, even = stretch >= BLOCKS // 2, stretch % 2 == 0
    for held in (even, ~even):
        asked = np.flatnonzero(late & held)
        for which, learnt in enumerate((~late & ~held, late & ~held)):
            rows = np.flatnonzero(learnt)
            centre = target[rows].mean(axis=0)
            dual = np.linalg.solve(kernel[np.ix_(rows, rows)], target[rows] - centre)
            answer = kernel[np.ix_(asked, rows)] @ dual + centre
            told[which, asked] = ((answer - target[asked]) ** 2).sum(axis=1)
    return told[0, late], told[1, late]
