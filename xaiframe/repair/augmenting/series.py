"""Copies of series: jittered, scaled and shifted in time (Um et al. 2017)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.repair.augmenting.moving import drawn, moved
from xaiframe.repair.augmenting.strength import Strength


def altered(copies: Split, data: Data, by: Strength, random: np.random.Generator) -> Split:
    """``copies`` with ``x`` ``(n, channels, samples)`` altered: all channels shifted together, each
    scaled about its own mean in time (doi:10.1145/3136755.3136817)."""
    n = len(copies)
    x = moved(copies.x, drawn(random, n, by.shift, copies.x.shape[2]), 2)
    centre = x.mean(axis=2, keepdims=True)
    factor = 1 + by.scaling * random.uniform(-1, 1, (n, x.shape[1], 1))
    noise = by.noise * data.scale[None] * random.normal(size=x.shape)
    return replace(copies, x=(centre + (x - centre) * factor + noise).astype(np.float32))
