"""Curves for the interactive explorer: what each channel recorded, and where its segments lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaiframe.explanation import Array
from xaiframe.report import explained
from xaiframe.report.record import Record
from xaiframe.report.signals.lanes import Lanes

MOST_NUMBERS = 150_000
"""Together the curves take no more: longer ones are thinned out."""
BINS = (20, 300)
"""Least and most stretches that a thinned curve keeps the lowest and highest sample of."""


def series(record: Record, positions: Array) -> dict[str, Any]:
    """What the script draws of series; empty where the data are none.

    ``axis``: its title; ``ends``: of the time axis; ``lanes``: per channel its ``title``, its
    ``segments`` as number of the feature, low and high in time, and its ``curves``, one per
    instance, whose values lie at equal distances between the ends.
    """
    x = explained.inputs(record)["x"]
    if explained.modality(record) != "series" or x.ndim != 3:
        return {}
    lanes = Lanes.of(record)
    if lanes.segments.empty:
        return {}
    least, most = BINS
    bins = min(most, max(least, MOST_NUMBERS // (2 * max(1, len(positions)) * x.shape[1])))
    spans = lanes.spans(np.arange(len(lanes.segments)))
    drawn = []
    for place, channel in enumerate(lanes.channels):
        own = spans[spans["channel"] == channel]
        drawn.append(
            {
                "title": lanes.title(channel),
                "segments": own[["value", "low", "high"]].to_numpy(dtype=float).tolist(),
                "curves": [_rounded(thinned(x[at, place], bins)) for at in positions],
            }
        )
    return {"axis": lanes.axis, "ends": lanes.ends, "lanes": drawn}


def thinned(curve: Array, bins: int) -> Array:
    """``(n,)`` as it is, or of each of ``bins`` stretches lowest and highest sample in the order
    in which they come, so that a peak of a single sample stays."""
    if len(curve) <= 2 * bins:
        return curve
    parts = np.array_split(curve, bins)
    kept = [part[sorted((int(part.argmin()), int(part.argmax())))] for part in parts]
    return np.concatenate(kept)


def _rounded(values: Array) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
