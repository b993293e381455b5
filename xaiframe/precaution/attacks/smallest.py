"""Minimal perturbation: how little has to change before the model answers differently."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.model.face import WhiteBox
from xaiframe.precaution.attacks.gradient import pgd
from xaiframe.precaution.attacks.room import Room
from xaiframe.precaution.corruptions.flips import another

DOUBLINGS = 10
"""From the smallest radius that is tried to the largest."""


def smallest(
    model: WhiteBox,
    data: Data,
    x: Array,
    against: Array,
    room: Room,
    limit: float,
    steps: int,
    halvings: int,
) -> tuple[Array, Array]:
    """``(n,)`` the smallest radius at which projected gradient descent changes the prediction,
    infinite where none up to ``limit`` does, and ``(n, *input_shape)`` the inputs it found there.

    The radius doubles from ``limit ÷ 1024`` until the attack succeeds, for a small attack can
    succeed where a large one overshoots, then is halved ``halvings`` times on a logarithmic scale:
    it is at most ``2 ** (1 / 2 ** halvings)`` times too large for this attack.
    """
    told, found = model.predictions(x), x.copy()
    radius = np.full(len(x), np.inf)

    def tried(rows: Array, size: Array) -> Array:
        """Which of ``rows`` flip; what was found for them is kept."""
        part = pgd(model, x[rows], against[rows], room[rows], size, steps)
        hit = another(data, told[rows], model.predictions(part))
        found[rows[hit]], radius[rows[hit]] = part[hit], size[hit]
        return hit

    left = np.arange(len(x))
    for doubling in range(DOUBLINGS + 1):
        if len(left):
            size = limit * 2.0 ** (doubling - DOUBLINGS)
            left = left[~tried(left, np.full(len(left), size))]
    able = np.flatnonzero(np.isfinite(radius) & (radius > limit * 2.0**-DOUBLINGS))
    low, high = np.log(radius[able] / 2), np.log(radius[able])
    for _ in range(halvings if len(able) else 0):
        middle = (low + high) / 2
        hit = tried(able, np.exp(middle))
        low, high = np.where(hit, low, middle), np.where(hit, middle, high)
    return radius, found
