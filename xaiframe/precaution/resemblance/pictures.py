"""Pictures that look like others: brightened, compressed again, or moved by a little."""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn

from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.resemblance.found import Found, Question
from xaiframe.precaution.resemblance.local import near as compare

SIDE, WAVES = 32, 8
"""Cells of a side that a picture is averaged down to, and waves per side that are kept."""
CHUNK = 1024


def near(question: Question) -> dict[str, Found]:
    """See :func:`xaiframe.precaution.resemblance.local.near`."""
    return compare(question, views)


def views(split: Split, rows: Array, around: bool) -> list[Array]:
    """The slow waves of each picture as it is and, ``around``, moved a cell in eight directions."""
    places = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]
    moves = [(0, 0), *(places if around else [])]
    return [
        np.concatenate(
            [slow(moved(split.x[rows[at : at + CHUNK]], move)) for at in range(0, len(rows), CHUNK)]
            or [np.empty((0, 1))]
        )
        for move in moves
    ]


def slow(x: Array) -> Array:
    """Pictures ``(n, channels, height, width)`` as ``(n, channels · waves)`` of length 1.

    The lowest 8 × 8 coefficients of the discrete cosine transform of the picture less its mean, as
    in a perceptual hash (Zauner 2010, Implementation and Benchmarking of Perceptual Image Hash
    Functions, §3.2.1), but not cut to bits: on Fashion-MNIST bits tell 2 pictures in 5 that were
    compressed again from other pictures, the coefficients all. 0 for a picture of one colour.
    """
    cells = averaged(averaged(x.astype(np.float64), 2), 3)
    flat = cells - cells.mean(axis=(1, 2, 3), keepdims=True)
    waves = dctn(flat, axes=(2, 3), norm="ortho")[:, :, :WAVES, :WAVES].reshape(len(x), -1)
    length = np.linalg.norm(waves, axis=1, keepdims=True)
    least = 1e-6 * np.abs(cells).max(axis=(1, 2, 3)).reshape(-1, 1)
    return np.where(length > least, waves / np.where(length > 0, length, 1.0), 0.0)


def averaged(x: Array, axis: int) -> Array:
    """At most :data:`SIDE` cells along an axis, each the mean of its pixels."""
    size = x.shape[axis]
    if size <= SIDE:
        return x
    starts = np.arange(SIDE) * size // SIDE
    width = np.diff(np.append(starts, size)).reshape([-1 if k == axis else 1 for k in range(4)])
    return np.asarray(np.add.reduceat(x, starts, axis=axis) / width)


def moved(x: Array, move: tuple[int, int]) -> Array:
    """Pictures moved by one cell down and right (−1: up and left); the edge repeats."""
    for axis, by in zip((2, 3), move, strict=True):
        size = x.shape[axis]
        place = np.arange(size) - by * max(1, round(size / SIDE))
        x = np.take(x, np.clip(place, 0, size - 1), axis=axis)
    return x
