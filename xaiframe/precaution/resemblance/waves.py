"""Series with the shape of others, whatever their level and scale."""

from __future__ import annotations

import math

import numpy as np

from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.resemblance.found import Found, Question
from xaiframe.precaution.resemblance.local import near as compare


def near(question: Question) -> dict[str, Found]:
    """See :func:`xaiframe.precaution.resemblance.local.near`."""
    return compare(question, lambda split, rows, _: [shapes(split, rows)])


def shapes(split: Split, rows: Array) -> Array:
    """Series ``(m, channels · samples)`` of length 1: each channel less its mean over its standard
    deviation (Goldin & Kanellakis 1995, doi:10.1007/3-540-60299-2_9); 0 where no channel moves."""
    x = np.nan_to_num(split.x[rows].astype(np.float64))
    centred = x - x.mean(axis=2, keepdims=True)
    sd = centred.std(axis=2, keepdims=True)
    least = 1e-6 * np.abs(x).max(axis=2, keepdims=True, initial=0.0)
    flat = np.where(sd > least, centred / np.where(sd > 0, sd, 1.0), 0.0)
    flat = flat.reshape(len(rows), math.prod(x.shape[1:]))
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.where(length > 0, length, 1.0))
