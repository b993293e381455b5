"""Copies of pictures: shifted, brighter or darker, noisy, and mirrored where that is allowed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.repair.augmenting.moving import drawn, moved
from xaiframe.repair.augmenting.strength import Strength


def altered(copies: Split, data: Data, by: Strength, random: np.random.Generator) -> Split:
    """``copies`` with pictures ``x`` ``(n, channels, height, width)`` altered; they stay within the
    grey levels that training shows."""
    x, n = copies.x, len(copies)
    for axis in (2, 3):
        x = moved(x, drawn(random, n, by.shift, x.shape[axis]), axis)
    if by.flip:
        mirrored = random.random(n) < 0.5
        x = np.where(mirrored.reshape(-1, 1, 1, 1), x[..., ::-1], x)
    factor = 1 + by.scaling * random.uniform(-1, 1, (n, 1, 1, 1))
    noise = by.noise * float(data.scale.max()) * random.normal(size=x.shape)
    low, high = float(data.train.x.min()), float(data.train.x.max())
    return replace(copies, x=np.clip(x * factor + noise, low, high).astype(np.float32))
