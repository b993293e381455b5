"""Measured properties of series, what the checks of the data read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xaiframe.data.signals.encoding import Axis
from xaiframe.explanation import Array


def properties(x: Array, axis: Axis) -> pd.DataFrame:
    """One row per series of ``x`` ``(n, channels, samples)``; with several channels a property's
    name begins with its channel."""
    several = len(axis.channels) > 1
    columns = {
        f"{channel} {name}" if several else name: values
        for place, channel in enumerate(axis.channels)
        for name, values in measured(x[:, place].astype(np.float64), axis.step).items()
    }
    return pd.DataFrame(columns)


def measured(x: Array, step: float) -> Mapping[str, Array]:
    """``(n,)`` per property of one channel ``(n, samples)``.

    mean, sd, smallest, largest in the channel's unit; trend: slope of the least-squares line, per
    unit of time; roughness: mean absolute step between neighbours ÷ sd; memory: autocorrelation
    at lag 1, in [−1, 1]; rhythm: frequency with the most power beside the mean and the trend,
    cycles per unit of time. What a constant series lacks is 0.
    """
    n, length = x.shape
    mean, sd = x.mean(axis=1), x.std(axis=1)
    time = (np.arange(length) - (length - 1) / 2) * step
    trend = (x - mean[:, None]) @ time / max(float(time @ time), np.finfo(float).tiny)
    centred = x - mean[:, None]
    power = np.abs(np.fft.rfft(centred - trend[:, None] * time, axis=1)) ** 2
    power[:, 0] = 0.0
    total = np.where(sd > 0, sd**2 * length, 1.0)
    rhythm = np.fft.rfftfreq(length, step)[power.argmax(axis=1)]
    rough = np.abs(np.diff(x, axis=1)).mean(axis=1) if length > 1 else np.zeros(n)
    return {
        "mean": mean,
        "sd": sd,
        "smallest": x.min(axis=1),
        "largest": x.max(axis=1),
        "trend": trend,
        "roughness": rough / np.where(sd > 0, sd, 1.0),
        "memory": (centred[:, 1:] * centred[:, :-1]).sum(axis=1) / total,
        "rhythm": np.where(sd > 0, rhythm, 0.0),
    }
