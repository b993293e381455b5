"""Shapley values from some pairs of coalitions, with what the others score filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from xaiframe.explanation import Array
from xaiframe.probe.sampling import Draw

MOST_PAIRS = 2048
"""Beyond them the equations would take longer than more coalitions bring."""
STRENGTH, STRONGEST = 2.4, 0.2
"""How much smaller a term of one feature more is expected to be: ``STRENGTH`` over the number of
features, at most ``STRONGEST``."""
JITTER = 1e-10


@dataclass(frozen=True)
class Kriging:
    """The Shapley values of a game that is known on the pairs of a draw of at least two players.

    Only the odd half of a game, (v(S) − v(complement)) ÷ 2, moves its Shapley values. It is taken
    for a sum of main effects, about which nothing is assumed, and interactions of three, five, …
    features: independent normal numbers that become smaller with every feature more. Their
    covariance is the diffusion kernel of the hypercube (Kondor & Lafferty 2002, ICML), what is
    expected of the game given the known pairs is universal kriging (Cressie 1993,
    doi:10.1002/9781119115151), and its Shapley values are weighted sums of the known pairs. Known
    pairs are met, so that all pairs give the exact values.
    """

    draw: Draw

    @cached_property
    def _solved(self) -> tuple[Array, Array, Array, Array]:
        """``(pairs + 1, pairs + 1)`` the covariance's lower factor; of what is known, divided by
        it, ``(pairs + 1, d)`` what main effects are made of and ``(d, pairs + 1)`` the weights; and
        ``(d,)`` the variance of the values in units of that of the game."""
        players = self.draw.masks.shape[1]
        masks = np.concatenate([self.draw.masks, np.ones((1, players), dtype=bool)])
        side = np.where(masks, 1.0, -1.0)
        rate = min(STRONGEST, STRENGTH / players)
        agree = (players + side @ side.T).astype(int) // 2
        fading = ((1 - rate) / (1 + rate)) ** np.arange(players + 1)
        covariance = ((fading[::-1] - fading) / 2)[agree]
        covariance[np.diag_indices(len(masks))] += JITTER
        lower = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
        main, turned = np.linalg.qr(_divided(side, lower))
        shared = _divided(_with_values(masks, rate).T, lower)
        weights = 2 * np.linalg.solve(turned, main.T) + (shared - main @ (main.T @ shared)).T
        own = sum(
            comb(players - 1, size - 1) * rate**size * (2 / size) ** 2
            for size in range(1, players + 1, 2)
        )
        known = (weights * (weights - 2 * shared.T)).sum(axis=1)
        return lower, main, weights, np.maximum(own / (1 + rate) ** players + known, 0)

    def values(self, odd: Array, gain: Array) -> tuple[Array, Array]:
        """Shapley values ``(m, d)`` and standard errors of m games: ``odd`` ``(m, pairs)``, half of
        v(S) − v(complement), and ``gain`` ``(m,)``, v(all) − v(none), which the values sum to.

        The errors are those of the prediction, under the variance of the game that the known pairs
        show (restricted maximum likelihood), with the wider tails of Student's law.
        """
        lower, main, weights, variance = self._solved
        known = _divided(np.concatenate([odd, gain[:, None] / 2], axis=1).T, lower)
        values = (weights @ known).T
        values += (gain - values.sum(axis=1))[:, None] / values.shape[1]
        free = max(len(known) - values.shape[1] - 2, 1)
        left = (known**2).sum(axis=0) - ((main.T @ known) ** 2).sum(axis=0)
        return values, np.sqrt(np.maximum(left, 0)[:, None] / free * variance)


def _divided(columns: Array, lower: Array) -> Array:
    """``lower``\u207b\u00b9 times ``columns`` ``(n, k)``."""
    return np.asarray(solve_triangular(lower, columns, lower=True, check_finite=False))


def _with_values(masks: Array, rate: float) -> Array:
    """``(d, n)`` covariance of each player's Shapley value with the odd half of the game at each
    of ``masks`` ``(n, d)``.

    In the basis of parities a Shapley value is the sum of 2 ÷ |T| times the term of every odd set
    T that holds the player; the sum over sets of one factor per player is an integral over its
    size, exact with as many nodes as players.
    """
    players = masks.shape[1]
    nodes, shares = np.polynomial.legendre.leggauss(players)
    nodes, shares = (nodes + 1) / 2 * rate, shares / 2 * rate
    size = np.arange(players + 1)[:, None]

    def even(kept: Array, absent: Array) -> Array:
        ahead = (1 + nodes) ** kept * (1 - nodes) ** absent
        behind = (1 - nodes) ** kept * (1 + nodes) ** absent
        return np.asarray((ahead + behind) / 2 @ shares)

    scale = (1 + rate) ** players
    inside = even(np.maximum(size - 1, 0), players - size) / scale
    outside = even(size, np.maximum(players - size - 1, 0)) / scale
    count = masks.sum(axis=1)
    return np.asarray(2 * np.where(masks.T, inside[count], -outside[count]))
