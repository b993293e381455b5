"""Which of many coins fall heads most often, and how surely: KL bounds and KL-LUCB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np
from scipy.special import xlog1py, xlogy

from xaiframe.explanation import Array

BISECTIONS = 30
"""Halvings of at most [0, 1]: 1e-9 is left."""
TINY = 1e-12

Coin = frozenset[int]
"""What is tossed, named by what makes it up."""
Toss = Callable[[Sequence[Coin], int], Array]
"""How often each of some coins falls heads in so many tosses, ``(coins,)``."""


def divergence(p: Array, q: Array) -> Array:
    """Kullback–Leibler divergence of a coin that falls heads with ``p`` from one with ``q``, in
    nats; both in [0, 1], infinite where ``q`` is an end and ``p`` is not."""
    own = xlogy(p, p) + xlog1py(1 - p, -p)
    return np.asarray(own - xlogy(p, q) - xlog1py(1 - p, -q))


def bounds(heads: Array, draws: Array, level: float) -> tuple[Array, Array]:
    """Lowest and highest probability, ``(k,)`` each, whose divergence from ``heads / draws`` is at
    most ``level / draws``; 0 and 1 where nothing was drawn.

    Either end alone is missed with a chance of at most exp(−level) (Chernoff). Garivier & Cappé
    2011, arXiv:1102.2490.
    """
    draws = np.asarray(draws, dtype=np.float64)
    mean = np.asarray(heads, dtype=np.float64) / np.maximum(draws, 1)
    limit = level / np.maximum(draws, TINY)
    own = xlogy(mean, mean) + xlog1py(1 - mean, -mean)
    inner = np.stack([mean, mean])
    outer = np.stack([np.zeros_like(mean), np.ones_like(mean)])
    for _ in range(BISECTIONS):
        middle = (inner + outer) / 2
        inside = own - xlogy(mean, middle) - xlog1py(1 - mean, -middle) <= limit
        inner, outer = np.where(inside, middle, inner), np.where(inside, outer, middle)
    # The wider of the two numbers that an end lies between.
    return np.where(draws > 0, outer[0], 0.0), np.where(draws > 0, outer[1], 1.0)


def exploration(coins: int, turn: int, delta: float) -> float:
    """The level of all bounds at a ``turn`` from 1 on, so that none of them is ever missed with a
    chance of more than ``delta`` (Kaufmann & Kalyanakrishnan 2013, COLT, theorem 1)."""
    found = log(405.5 * coins * turn**1.1 / delta)
    return found + log(found)


class Tally:
    """What has been counted of each coin, within ``budget`` tosses."""

    def __init__(self, toss: Toss, budget: int) -> None:
        self._toss, self.left = toss, budget
        self.heads: dict[Coin, int] = {}
        self.draws: dict[Coin, int] = {}

    def toss(self, coins: Sequence[Coin], times: int) -> None:
        """Toss each of them so often."""
        self.left -= len(coins) * times
        for coin, heads in zip(coins, self._toss(coins, times), strict=True):
            self.add(coin, int(heads), times)

    def add(self, coin: Coin, heads: int, draws: int) -> None:
        """What was counted elsewhere."""
        self.heads[coin] = self.heads.get(coin, 0) + heads
        self.draws[coin] = self.draws.get(coin, 0) + draws

    def counts(self, coins: Sequence[Coin]) -> tuple[Array, Array]:
        """``(coins,)`` heads and tosses of each."""
        return (
            np.array([self.heads.get(coin, 0) for coin in coins]),
            np.array([self.draws.get(coin, 0) for coin in coins]),
        )

    def means(self, coins: Sequence[Coin]) -> Array:
        """``(coins,)`` share of heads; 0 of what was never tossed."""
        heads, draws = self.counts(coins)
        return np.asarray(heads / np.maximum(draws, 1))


def best(
    tally: Tally, coins: Sequence[Coin], most: int, spread: float, delta: float, times: int,
    within: int,
) -> list[Coin]:  # fmt: skip
    """At most ``most`` of the ``coins``, those that fall heads most often, the best first: with a
    chance of at least 1 − ``delta`` none of them is worse by ``spread`` than one left out.

    KL-LUCB (Kaufmann & Kalyanakrishnan 2013, COLT): each turn tosses two coins ``times`` times,
    the one inside that may be worst and the one outside that may be best, until their bounds part
    or overlap by less than ``spread``, or ``within`` tosses are spent; then the guarantee is void.
    """
    end = tally.left - within
    turn = 1
    while True:
        means = tally.means(coins)
        order = np.argsort(-means, kind="stable")
        inside, outside = order[:most], order[most:]
        if len(outside) and tally.left - 2 * times >= end:
            low, high = bounds(*tally.counts(coins), exploration(len(coins), turn, delta))
            worst, rival = inside[low[inside].argmin()], outside[high[outside].argmax()]
            if high[rival] - low[worst] > spread:
                tally.toss([coins[worst], coins[rival]], times)
                turn += 1
                continue
        return [coins[at] for at in inside]
