"""Detectors of a change in a stream of errors, and how often they fire by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from river.drift import ADWIN, KSWIN, PageHinkley

from xaiframe.explanation import Array

WARM = 30
"""Answers that DDM reads before it judges."""
BLOCKS = 1000
"""Most numbers that the slower detectors read: longer streams are averaged over equal stretches."""
FAMILY = 0.01
"""Chance that KSWIN fires at all in a stream that does not change."""


def ddm_levels(wrong: Array) -> Array:
    """``(..., n − 30)`` how far the error rate so far stands above its lowest, in standard
    deviations of the lowest (Gama et al. 2004, doi:10.1007/978-3-540-28645-5_29).

    ``wrong`` ``(..., n)`` 0 or 1, in time. At 2 DDM warns, at 3 it calls a change. A lowest rate of
    zero counts as one error, since its standard deviation would be zero.
    """
    seen = np.arange(1, wrong.shape[-1] + 1)
    rate = np.cumsum(wrong, axis=-1) / seen
    spread = np.sqrt(rate * (1 - rate) / seen)
    rate, spread, seen = rate[..., WARM:], spread[..., WARM:], seen[WARM:]
    height = rate + spread
    lowest = np.minimum.accumulate(height, axis=-1)
    places = np.where(height <= lowest, np.arange(height.shape[-1]), 0)
    at = np.maximum.accumulate(places, axis=-1)
    base = np.take_along_axis(rate, at, axis=-1)
    width = np.maximum(np.take_along_axis(spread, at, axis=-1), 1 / seen[at])
    return np.asarray((height - base) / width)


def stretches(errors: Array, most: int = BLOCKS) -> Array:
    """``(m,)`` means of equal neighbouring stretches, m at most ``most``; few numbers stay."""
    size = -(-len(errors) // most)
    whole = len(errors) // size * size
    return errors[:whole].reshape(-1, size).mean(axis=1)


def changes(errors: Array, detector: Any) -> list[int]:
    """Positions in ``errors`` ``(n,)`` at which a detector of river calls a change."""
    found = []
    for position, error in enumerate(errors.tolist()):
        detector.update(error)
        if detector.drift_detected:
            found.append(position)
    return found


def adwin(delta: float) -> Callable[[], Any]:
    """ADWIN (Bifet & Gavaldà 2007, doi:10.1137/1.9781611972771.42)."""
    return lambda: ADWIN(delta=delta)


def page_hinkley() -> Any:
    """Page–Hinkley (Page 1954, doi:10.1093/biomet/41.1-2.100) for errors of standard deviation 1:
    a quarter of that is allowed for, and a sum of 20 beyond it calls a change."""
    return PageHinkley(min_instances=WARM, delta=0.25, threshold=20.0, alpha=1.0)


def kswin(length: int, seed: int) -> Any:
    """KSWIN (Raab et al. 2020, doi:10.1016/j.neucom.2019.11.111), which tests at every step: its
    level is that of all ``length`` steps together."""
    return KSWIN(alpha=FAMILY / max(length, 1), window_size=100, stat_size=30, seed=seed)


def memory(errors: Array) -> int:
    """How many neighbours hang together: the first lag with an autocorrelation below 2 ÷ √n, at
    least 1 and at most a fiftieth of the stream. Each tenth of the stream is read about its own
    mean, so that a change is not taken for memory."""
    n = len(errors)
    centred = np.concatenate([part - part.mean() for part in np.array_split(errors, 10)])
    power = float(centred @ centred)
    most = max(n // 50, 1)
    for lag in range(1, most):
        if power == 0 or float(centred[lag:] @ centred[:-lag]) / power < 2 / np.sqrt(n):
            return lag
    return most


def shuffles(n: int, block: int, draws: int, random: np.random.Generator) -> Iterator[Array]:
    """``draws`` orders of n positions in which blocks of neighbours stay together."""
    starts = np.arange(0, n, block)
    for _ in range(draws):
        first = random.permutation(starts)
        order = (first[:, None] + np.arange(block)).ravel()
        yield order[order < n]
