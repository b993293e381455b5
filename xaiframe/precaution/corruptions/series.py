"""What happens to series: jitter of a sensor, another gain, a stretch that was not recorded."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.precaution.corruptions.face import Corruption


def jitter(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """Gaussian noise, ``amount`` its standard deviation in those of each channel."""
    moved = rows.x + amount * data.scale * random.normal(size=rows.x.shape)
    return np.asarray(moved, dtype=np.float32)


def scaling(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """Differences from each channel's training mean larger or smaller, at random, by ``amount``."""
    mean = data.train.x.mean(axis=(0, 2), dtype=np.float64)[:, None]
    gain = 1 + amount * random.choice([-1.0, 1.0], (len(rows), 1, 1))
    return np.asarray(mean + gain * (rows.x - mean), dtype=np.float32)


def dropout(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:  # noqa: ARG001
    """A stretch of ``amount`` of the length, in all channels, is interpolated from its ends, which
    is what reading makes of samples that are missing."""
    x = rows.x.astype(np.float64)
    samples = x.shape[2]
    length = min(max(1, round(amount * samples)), samples - 1)
    if length == 0:  # one sample has no other to be interpolated from
        return rows.x
    for row, start in zip(x, random.integers(0, samples - length + 1, len(x)), strict=True):
        gone = np.zeros(samples, dtype=bool)
        gone[start : start + length] = True
        here = np.flatnonzero(~gone)
        for channel in row:
            channel[gone] = np.interp(np.flatnonzero(gone), here, channel[here])
    return x.astype(np.float32)


CORRUPTIONS = (
    Corruption("jitter", jitter, (0.02, 0.1, 0.5), "sd of the channel", True),
    Corruption("scaling", scaling, (0.02, 0.1, 0.3), "of the amplitude", True),
    Corruption("dropout", dropout, (0.05, 0.15, 0.3), "of the length", False),
)
"""Severities are ours."""
