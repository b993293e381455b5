"""Room: which elements of an input an attack may move, in which unit, and how far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.precaution.corruptions.image import levels
from xaiframe.probe.movable import ends, movable


@dataclass(frozen=True)
class Room:
    """What an attack on n rows may do.

    step
        ``(n, *input_shape)`` float32: how far each element moves at radius 1; 0 where it stays.
    low, high
        ``(n, *input_shape)`` float32: between which values.
    factor, unit
        ``radius · factor`` is the largest move in the user's ``unit``.
    """

    step: Array
    low: Array
    high: Array
    factor: float = 1.0
    unit: str = "sd"

    def __getitem__(self, positions: Array | slice) -> Room:
        low, high = self.low[positions], self.high[positions]
        return Room(self.step[positions], low, high, self.factor, self.unit)


def room(data: Data, rows: Split) -> Room:
    """The room of an attack: radii are standard deviations of each numeric column or channel, for
    pictures shares of the range of levels; nothing leaves the range of the training split.

    Raises :class:`NotApplicable` for messages, where nothing is numeric, and for pictures of one
    colour.
    """
    if data.modality == "text":
        raise NotApplicable("a message changes by whole words, and a gradient moves none of them")
    step = np.broadcast_to(data.scale, rows.x.shape)
    step = step * movable(data, rows.x)
    if not step.any():
        raise NotApplicable("no feature is a number")
    low, high = ends(data, rows.x)
    if data.modality != "image":
        return Room(step.astype(np.float32), low, high)
    darkest, brightest = levels(data)
    factor = brightest - darkest
    if factor == 0:
        raise NotApplicable("all pictures are of one colour")
    return Room(np.full(rows.x.shape, factor, np.float32), low, high, factor, "levels")
