"""Pictures and series moved a little along their axes."""

from __future__ import annotations

import numpy as np

from xaiframe.explanation import Array


def moved(x: Array, steps: Array, axis: int) -> Array:
    """``x`` ``(n, …)`` with row k moved by ``steps[k]`` places along ``axis`` (of the whole array);
    what comes in at the edge repeats it."""
    length = x.shape[axis]
    places = np.clip(np.arange(length)[None] - steps[:, None], 0, length - 1)
    shape = [len(x), *([1] * (x.ndim - 1))]
    shape[axis] = length
    return np.take_along_axis(x, places.reshape(shape), axis=axis)


def drawn(random: np.random.Generator, rows: int, share: float, length: int) -> Array:
    """``(rows,)`` whole steps, uniform up to ``share`` of the length either way."""
    most = round(share * length)
    return random.integers(-most, most + 1, rows)
