"""Which of many coins fall heads most often, and how surely: KL bounds and KL-LUCB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np

from xaiframe.explanation import Array

BISECTIONS = 40
"""Halvings of [0, 1]: what is left is beyond the digits of a float32."""
TINY = 1e-12

Coin = frozenset[int]
"""What is tossed, named by what makes it up."""
Toss = Callable[[Sequence[Coin], int], Array]
"""How often each of some coins falls heads in so many tosses, ``(coins,)``."""


def divergence(p: Array, q: Array) -> Array:
    """Kullback–Leibler divergence of a coin that falls heads with ``p`` from one with ``q``, in
    nats; both in [0, 1], of one shape."""
    p, q = np.clip(p, TINY, 1 - TINY), np.clip(q, TINY, 1 - TINY)
    return np.asarray(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))


def bounds(heads: Array, draws: Array, level: float) -> tuple[Array, Array]:
    """Lowest and highest probability, ``(k,)`` each, whose divergence from ``heads / draws`` is at
    most ``level / draws``; 0 and 1 where nothing was drawn.

    Either end alone is missed with a chance of at most exp(−level) (Chernoff). Garivier & Cappé
    2011, arXiv:1102.2490.
    """
    draws = np.asarray(draws, dtype=np.float64)
    mean = np.asarray(heads, dtype=np.float64) / np.maximum(draws, 1)
    limit = level / np.maximum(draws, TINY)
    low_out, low_in = np.zeros_like(mean), mean.copy()
    high_in, high_out = mean.copy(), np.ones_like(mean)
    for _ in range(BISECTIONS):
        middle = (low_out + low_in) / 2
        inside = divergence(mean, middle) <= limit
        low_in, low_out = np.where(inside, middle, low_in), np.where(inside, low_out, middle)
        middle = (high_in + high_out) / 2
        inside = divergence(mean, middle) <= limit
        high_in, high_out = np.where(inside, middle, high_in), np.where(inside, high_out, middle)
    # The wider of the two numbers that the end lies between.
    return np.where(draws > 0, low_out, 0.0), np.where(draws > 0, high_out, 1.0)


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
