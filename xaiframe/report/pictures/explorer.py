"""The pictures of the explorer: small enough for one file, their regions as runs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import numpy as np

from xaiframe.explanation import Array
from xaiframe.report import explained
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

SIDE = 96
"""Most pixels of a side: a larger picture is thinned out."""
MOST_BYTES = 2_000_000
"""Together the pictures take no more; beyond it fewer instances are shown."""
MILLIMETRES = SIDE * 25.4 / picture.DPI


def pictures(record: Record, positions: Iterable[int]) -> list[dict[str, Any]]:
    """Per instance ``file``, ``source`` (a PNG as address), ``shape`` of the regions and ``mask``,
    the runs of equal numbers row by row: number, length, number, length …; as many as there is
    room for.
    """
    x, room = explained.inputs(record)["x"], MOST_BYTES
    found: list[dict[str, Any]] = []
    black, white = picture_input.levels(record, x)
    for position in positions:
        content = picture.photo(x[position], black, white, MILLIMETRES)
        mask = picture.thinned(picture_input.regions(record, int(position)), SIDE)
        own = runs(mask.reshape(-1))
        room -= len(content) * 4 // 3 + 4 * len(own)
        if room < 0 and found:
            break
        source = "data:image/png;base64," + base64.b64encode(content).decode()
        name = picture_input.file(record, int(position))
        found.append({"file": name, "source": source, "shape": list(mask.shape), "mask": own})
    return found


def runs(numbers: Array) -> list[int]:
    """``(n,)`` int as number, length, number, length …"""
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    lengths = np.diff(starts, append=len(numbers))
    return [int(one) for pair in zip(numbers[starts], lengths, strict=True) for one in pair]
