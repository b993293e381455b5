"""Samples put in order of time: sorted, on a regular grid, short gaps filled, long ones cut out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

NEAR = 0.01
"""How far a spacing may be from a whole number of steps, in steps."""


@dataclass(frozen=True)
class Curve:
    """One series or recording as it was read.

    name: how the user calls it; id: of whom or what it is, in whose split it must stay; place:
    where it stands in the source; values: ``(channels, t)`` float64, NaN where missing; labels,
    groups: ``(t,)`` object, or ``(1,)`` for one of the whole series, None where missing; times:
    ``(t,)`` float64 in the unit of time, None where there is no column of time; stamps: ``(t,)``
    object, the times as they were written; aside: what else stands in the source's row.
    """

    name: str
    place: str
    values: Array
    labels: Array
    groups: Array
    times: Array | None = None
    stamps: Array | None = None
    aside: dict[str, Any] | None = None
    id: str = ""

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    def picked(self, rows: Array) -> Curve:
        """The samples at these positions."""
        return replace(
            self,
            values=self.values[:, rows],
            labels=self.labels if len(self.labels) == 1 else self.labels[rows],
            groups=self.groups if len(self.groups) == 1 else self.groups[rows],
            times=None if self.times is None else self.times[rows],
            stamps=None if self.stamps is None else self.stamps[rows],
        )


def in_time(curve: Curve, duplicates: str, tally: Counter[str]) -> Curve:
    """The samples in order of time, one per time stamp.

    ``duplicates``: ``error`` raises :class:`DataError` for a time that appears twice, ``mean``
    averages its samples.
    """
    if curve.times is None:
        return curve
    order = np.argsort(curve.times, kind="stable")
    if (np.diff(order) < 0).any():
        tally["unsorted"] += 1
        curve = curve.picked(order)
    times = curve.times
    assert times is not None
    twice = np.flatnonzero(np.diff(times) == 0)
    if not len(twice):
        return curve
    if duplicates == "error":
        assert curve.stamps is not None
        message = f"time {curve.stamps[twice[0]]} appears twice"
        hint = "one sample per time, or data.duplicates: mean"
        raise DataError(Problem(curve.place, message, hint))
    tally["averaged"] += len(twice)
    frame = pd.DataFrame(curve.values.T).groupby(times).mean()
    first = np.concatenate([[True], np.diff(times) > 0])
    return replace(curve.picked(np.flatnonzero(first)), values=frame.to_numpy().T)


def positions(curve: Curve, step: float, tally: Counter[str]) -> Array:
    """``(t,)`` int64 places of the samples on a grid of ``step``; one after the other where the
    spacing is no whole number of steps."""
    if curve.times is None or curve.length < 2:
        return np.arange(curve.length)
    steps = np.diff(curve.times) / step
    whole = np.round(steps)
    if (np.abs(steps - whole) > NEAR).any() or (whole < 1).any():
        tally["irregular"] += 1
        return np.arange(curve.length)
    return np.concatenate([[0], np.cumsum(whole)]).astype(np.int64)


def pieces(curve: Curve, step: float, max_gap: int, tally: Counter[str]) -> Iterator[Curve]:
    """The stretches of a curve without a gap longer than ``max_gap`` samples in any channel, on a
    regular grid; shorter gaps are interpolated linearly, at an end the nearest value is held."""
    if not curve.length:
        return
    at = positions(curve, step, tally)
    seen = [at[~np.isnan(channel)] for channel in curve.values]
    for first, last in _between(int(at[0]), int(at[-1]), seen, max_gap):
        grid = np.arange(first, last + 1)
        values = np.stack(
            [
                np.interp(grid, own, channel[~np.isnan(channel)])
                for own, channel in zip(seen, curve.values, strict=True)
            ]
        )
        tally["interpolated"] += sum(int((~np.isin(grid, own)).sum()) for own in seen)
        rows = np.searchsorted(at, grid)
        there = (rows < len(at)) & (at[np.minimum(rows, len(at) - 1)] == grid)
        rows = np.minimum(rows, len(at) - 1)
        yield replace(
            curve,
            values=values,
            labels=_spread(curve.labels, rows, there),
            groups=curve.groups if len(curve.groups) == 1 else curve.groups[rows],
            times=None if curve.times is None else curve.times[0] + step * grid,
            stamps=None if curve.stamps is None else curve.stamps[rows],
        )


def _spread(labels: Array, rows: Array, there: Array) -> Array:
    """Labels on the grid; what was not recorded has none."""
    if len(labels) == 1:
        return labels
    found = labels[rows].copy()
    found[~there] = None
    return np.asarray(found)


def _between(start: int, stop: int, seen: list[Array], max_gap: int) -> Iterator[tuple[int, int]]:
    """First and last place of each stretch between the gaps that are too long to fill."""
    gaps: list[tuple[int, int]] = []
    for own in seen:
        if not len(own):
            return
        ends = np.concatenate([[start - 1], own, [stop + 1]])
        long = np.flatnonzero(np.diff(ends) - 1 > max_gap)
        gaps += [(int(ends[k]) + 1, int(ends[k + 1]) - 1) for k in long]
    at = start
    for low, high in sorted(gaps):
        if low > at:
            yield at, low - 1
        at = max(at, high + 1)
    if at <= stop:
        yield at, stop


def trimmed(curve: Curve) -> Curve:
    """Without the samples at its end that no channel has: a shorter series in a row of cells."""
    there = np.flatnonzero(~np.isnan(curve.values).all(axis=0))
    stop = int(there[-1]) + 1 if len(there) else 0
    return curve if stop == curve.length else curve.picked(np.arange(stop))


def one_length(curves: list[Curve], length: int, max_gap: int, tally: Counter[str]) -> Array:
    """``(n, channels, samples)`` float32: longer series cropped at their end, shorter ones go on
    with their last value.

    length: samples each gets; 0: as many as the longest has, and only ``max_gap`` may be missing.
    Raises :class:`DataError` where series are shorter and no length was declared.
    """
    lengths = np.array([curve.length for curve in curves])
    wanted = length or int(lengths.max())
    short = np.flatnonzero(lengths < wanted - max_gap)
    if not length and len(short):
        least = curves[int(lengths.argmin())]
        message = (
            f"series differ in length: {len(short)} of {len(curves)} have fewer than {wanted} "
            f"samples, the shortest {least.length}"
        )
        hint = f"data.length: {least.length} crops them, {wanted} goes on with the last value"
        raise DataError(Problem(least.place, message, hint))
    tally["cropped"] += int((lengths > wanted).sum())
    tally["padded"] += int((lengths < wanted).sum())
    rows = [
        np.pad(one.values[:, :wanted], ((0, 0), (0, max(0, wanted - one.length))), mode="edge")
        for one in curves
    ]
    return np.stack(rows).astype(np.float32)
