"""Minimal perturbation: how little has to change before the model answers differently."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.model.face import WhiteBox
from xaiframe.precaution.attacks.gradient import pgd
from xaiframe.precaution.attacks.room import Room
from xaiframe.precaution.flips import another

FINEST = 1024
"""Largest ÷ smallest radius that is told apart."""


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
    infinite where ``limit`` does not, and ``(n, *input_shape)`` the inputs it found there.

    Radii are halved on a logarithmic scale ``halvings`` times between ``limit ÷ 1024`` and
    ``limit``, so that the answer is at most ``1024 ** (1 / 2 ** halvings)`` times too large as
    long as the attack succeeds at every larger radius too.
    """
    told = model.predictions(x)
    tried = np.full(len(x), float(limit))
    reached = pgd(model, x, against, room, tried, steps)
    able = another(data, told, model.predictions(reached))
    open_, low, high = np.flatnonzero(able), np.log(tried / FINEST), np.log(tried)
    found = reached.copy()
    for _ in range(halvings if len(open_) else 0):
        middle = (low + high)[open_] / 2
        part = pgd(model, x[open_], against[open_], room[open_], np.exp(middle), steps)
        hit = another(data, told[open_], model.predictions(part))
        high[open_[hit]], low[open_[~hit]] = middle[hit], middle[~hit]
        found[open_[hit]] = part[hit]
    return np.where(able, np.exp(high), np.inf), np.where(
        able.reshape(-1, *[1] * (x.ndim - 1)), found, x
    )
