"""Some of many rows."""

from __future__ import annotations

import numpy as np

from xaiframe.explanation import Array


def evenly(n: int, most: int) -> Array:
    """At most ``most`` positions among ``n``, in order and evenly spread, both ends included."""
    return np.linspace(0, n - 1, min(n, most)).round().astype(int)
