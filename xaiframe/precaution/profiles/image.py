"""Pictures profiled: their shape, whether they are grey, the mean picture of each class."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.precaution.measure import share_fact

CHUNK = 1024
"""Pictures compared at once, so that a large set need not fit in memory twice."""


def facts(data: Data) -> list[Fact]:
    """Facts channels, aspect (width ÷ height) and, of three channels, colour_share: the share of
    training pictures that are not grey."""
    channels, height, width = data.input_shape
    n = len(data.train)
    found = [
        Fact("channels", channels, "channels", n=n),
        Fact("aspect", width / height, "ratio", n=n),
    ]
    if channels == 3:
        found.append(share_fact("colour_share", coloured(data.train.x), n, better="none"))
    return found


def coloured(x: Array) -> int:
    """How many pictures of ``(n, 3, height, width)`` hold a pixel whose channels differ."""
    parts = (x[start : start + CHUNK] for start in range(0, len(x), CHUNK))
    return sum(int((np.ptp(part, axis=1) > 0).any(axis=(1, 2)).sum()) for part in parts)


def mean_pictures(data: Data) -> dict[str, Array]:
    """``mean_<class>`` → ``input_shape`` float64 mean of that class's training pictures."""
    return {
        f"mean_{label}": data.train.x[data.train.y == k].mean(axis=0, dtype=np.float64)
        for k, label in enumerate(data.classes)
        if (data.train.y == k).any()
    }
