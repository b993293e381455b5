"""Interactions of two players, and what each does alone, from the shared draw of coalitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from xaiframe.explanation import Array
from xaiframe.probe.sampling import Draw

RIDGE = 1e-9
"""Share of the mean square of a fit's columns that is added so that it always has a solution."""

Weight = Callable[[int, int], float]
"""(players, size of T) → what Δ_ij(T), the joint effect of two players who join T, counts."""


def shapley_weight(players: int, size: int) -> float:
    """Of the Shapley interaction index: every order of the others alike, both in one block."""
    return 1 / ((players - 1) * comb(players - 2, size))


def faithful_weight(players: int, size: int) -> float:
    """Of the best fit of v by singles and pairs under the Shapley kernel (arXiv:2203.00870)."""
    return 6 / ((players + 1) * comb(players, size + 1))


def taylor_weight(players: int, size: int) -> float:
    """Of the Shapley–Taylor index of order 2: all orders alike, counted where the second of the two
    comes in (arXiv:1902.05620)."""
    return 2 / (players * comb(players - 1, size))


@dataclass(frozen=True)
class Game:
    """One instance's coalitions in pairs of S and complement, that of all and none the last.

    inside ``(pairs, d)`` bool, the S of each; even, odd ``(pairs,)``: half the sum and half the
    difference of v(S) and v(complement); share ``(pairs,)`` as in :class:`Draw`, 1 for the last.
    """

    inside: Array
    even: Array
    odd: Array
    share: Array
    draw: Draw

    @classmethod
    def of(cls, draw: Draw, answers: Array, full: float, empty: float) -> Game:
        """From v of each S and of its complement, ``answers`` ``(2, pairs)``, and of all, none."""
        players = draw.masks.shape[1]
        inside = np.concatenate([draw.masks, np.ones((1, players), dtype=bool)])
        kept, left = (np.append(a, b) for a, b in zip(answers, (full, empty), strict=True))
        even, odd = (kept + left) / 2, (kept - left) / 2
        return cls(inside, even, odd, np.append(draw.share, 1.0), draw)

    @property
    def players(self) -> int:
        return self.inside.shape[1]

    def shapley(self) -> tuple[Array, Array]:
        """Shapley values ``(d,)`` and each pair's influence on them ``(pairs, d)``.

        They hang on the odd half of v alone.
        """
        d, size = self.players, self.inside.sum(axis=1)
        enter = np.array([0.0, *(1 / (d * comb(d - 1, s - 1)) for s in range(1, d + 1))])
        leave = np.array([*(1 / (d * comb(d - 1, s)) for s in range(d)), 0.0])
        weight = np.where(self.inside, enter[size][:, None], -leave[size][:, None])
        return self._estimate(2 * weight, self.inside - 0.5, np.eye(d), self.odd)

    def interactions(self, chosen: Array, weight: Weight) -> tuple[Array, Array]:
        """Index ``(k,)`` of the ``chosen`` pairs of players ``(k, 2)``, and the influence
        ``(pairs, k)``. For a ``weight`` that reads the same from both ends it hangs on the even
        half of v alone; what another weighs differently at its ends, on the odd half.
        """
        mine = _counted(self.inside, chosen, weight)
        others = _counted(~self.inside, chosen, weight)
        together = self.inside[:, chosen[:, 0]] == self.inside[:, chosen[:, 1]]
        design = np.concatenate([np.ones((len(together), 1)), together], axis=1)
        readout = np.concatenate([np.zeros((1, len(chosen))), 2 * np.eye(len(chosen))])
        found, influence = self._estimate(mine + others, design, readout, self.even)
        uneven = mine - others
        if not uneven.any():
            return found, influence
        # A sum of single players, which the odd half is fitted by, has no interactions.
        nothing = np.zeros((self.players, len(chosen)))
        odd, more = self._estimate(uneven, self.inside - 0.5, nothing, self.odd)
        return found + odd, influence + more

    def _estimate(
        self, weight: Array, design: Array, readout: Array, answers: Array
    ) -> tuple[Array, Array]:
        """Σ ``weight`` ``(pairs, k)`` · ``answers`` over every existing pair, from those drawn.

        A fit by ``design`` ``(pairs, c)``, whose columns have the sums ``readout`` ``(c, k)``,
        stands in for the pairs that were not drawn; what it leaves over is weighted up from those
        that were. The fit may be poor: then the error is large, not the bias.
        """
        if self.draw.exhaustive:
            return answers @ weight, np.zeros_like(weight)
        count = np.append(np.bincount(self.draw.size)[self.draw.size], 1)
        root = np.sqrt(1 / count)[:, None]
        scaled = root * design
        gram = scaled.T @ scaled
        gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram)
        solve = np.linalg.solve(gram, scaled.T)
        slopes = solve @ (root[:, 0] * answers)
        left = answers - design @ slopes
        leverage = np.einsum("ij,ji->i", scaled, solve)
        drawn = weight / self.share[:, None]
        careful = left / np.maximum(1 - leverage, 1e-6)
        return slopes @ readout + left @ drawn, careful[:, None] * drawn

    def standard_error(self, influence: Array) -> Array:
        """``(k,)`` from each pair's ``influence`` ``(pairs, k)``; all and none were not drawn."""
        return self.draw.standard_error(influence[:-1])

    def leading(self, most: int) -> Array:
        """At most ``most`` players, sorted: those whose coming first or leaving last moves v most.

        A player who matters only together with others comes or leaves in their company. Needs
        every single player in the draw.
        """
        if self.players <= most:
            return np.arange(self.players)
        single = self.inside.sum(axis=1) == 1
        all_, none = self.even[-1] + self.odd[-1], self.even[-1] - self.odd[-1]
        first, last = np.zeros(self.players), np.zeros(self.players)
        who = self.inside[single].argmax(axis=1)
        first[who] = np.abs(self.even[single] + self.odd[single] - none)
        last[who] = np.abs(all_ - self.even[single] + self.odd[single])
        # Four digits: rounding in a batch of another size must not change who leads.
        reach = [float(f"{one:.4g}") for one in first + last]
        return np.sort(np.argsort(-np.array(reach), kind="stable")[:most])


def _counted(inside: Array, chosen: Array, weight: Weight) -> Array:
    """``(coalitions, k)``: what v of each coalition ``(coalitions, d)`` counts in each index."""
    d, size = inside.shape[1], inside.sum(axis=1)
    known = np.array([weight(d, t) for t in range(d - 1)])
    padded = np.concatenate([[0.0, 0.0], known, [0.0, 0.0]])  # index t + 2
    first, second = inside[:, chosen[:, 0]], inside[:, chosen[:, 1]]
    both, one, none = (padded[size + place][:, None] for place in (0, 1, 2))
    return np.where(first == second, np.where(first, both, none), -one)


def pairs_of(members: Array) -> Array:
    """``(k, 2)``: every two of the players, in order."""
    return np.array(list(combinations(members.tolist(), 2)), dtype=int).reshape(-1, 2)
