"""The draw of coalitions: in pairs, small sizes whole, the others by their leverage scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice
from math import comb

import numpy as np

from xaiframe.explanation import Array

LEAST = 4
"""Coalitions per player that determine a regression on them, with some left to state its error."""


@dataclass(frozen=True)
class Draw:
    """Pairs of coalitions of d players: each row stands for S and for its complement.

    masks
        ``(pairs, d)`` bool, the S of each pair with \\|S\\| ≤ d/2.
    size
        ``(pairs,)`` number of players in S.
    share
        ``(pairs,)`` drawn pairs ÷ existing pairs of that size, in (0, 1]; 1 = all were taken.
        Its inverse is how many pairs each drawn one stands for.
    shared, order
        where other draws are the same but for the order of the players: the one they have in
        common, and which of its players ``(d,)`` stands at each place of this one.
    """

    masks: Array
    size: Array
    share: Array
    shared: Draw | None = None
    order: Array | None = None

    def __len__(self) -> int:
        return len(self.masks)

    def reordered(self, order: Array) -> Draw:
        """The same draw with its players in another ``order`` ``(d,)``."""
        return Draw(self.masks[:, order], self.size, self.share, self, order)

    @property
    def exhaustive(self) -> bool:
        """Whether every coalition but the empty and the full one is in the draw."""
        return len(self) == max(2 ** (self.masks.shape[1] - 1) - 1, 0)

    @property
    def coalitions(self) -> Array:
        """``(2·pairs, d)`` bool: every S, then every complement in the same order."""
        return np.concatenate([self.masks, ~self.masks])

    def standard_error(self, influence: Array) -> Array:
        """``(k,)`` of an estimate, from each pair's ``influence`` ``(pairs, k)`` on it.

        Sizes are drawn apart from each other, without replacement: their variances add, each
        shrunk by the share of the size that was seen, so that a size taken whole adds nothing.
        """
        variance = np.zeros(influence.shape[1])
        for size in np.unique(self.size[self.share < 1]):
            own = influence[self.size == size]
            unseen = 1 - self.share[self.size == size][0]
            spread = own - own.mean(axis=0) if len(own) > 1 else own
            variance += unseen * len(own) / max(len(own) - 1, 1) * (spread**2).sum(axis=0)
        return np.asarray(np.sqrt(variance))


def draw(players: int, samples: int, rng: np.random.Generator) -> Draw:
    """At most ``samples`` coalitions of ``players``, without replacement, in complement pairs.

    Leverage scores (Musco & Witter 2025, arXiv:2410.01917) give every size the same number of
    coalitions; sizes that have no more are taken whole, from the outside in, and the rest is
    drawn uniformly within each size. Single players and their complements are taken whole from
    ``samples`` ≥ 4 · players on, which measurably helps small budgets.
    """
    sizes = np.arange(1, players // 2 + 1)
    existing = [comb(players, s) // (2 if 2 * s == players else 1) for s in sizes.tolist()]
    counts = allocate(existing, samples // 2, 0.5 if players % 2 == 0 else 1.0)
    parts = [
        _subsets(players, size, count, total, rng)
        for size, count, total in zip(sizes.tolist(), counts, existing, strict=True)
    ]
    shares = np.array([n / total for n, total in zip(counts, existing, strict=True)], dtype=float)
    masks = np.concatenate([np.zeros((0, players), dtype=bool), *parts])
    return Draw(masks, np.repeat(sizes, counts), np.repeat(shares, counts))


def allocate(existing: list[int], pairs: int, last: float = 1.0) -> list[int]:
    """How many pairs of each size to take: equal numbers, at most the ``existing`` ones.

    The middle size of an even number of players is its own complement: its part is ``last`` = ½.
    """
    if len(existing) > 1 and 2 * existing[0] <= pairs:
        return [existing[0], *_evenly(existing[1:], pairs - existing[0], last)]
    return _evenly(existing, pairs, last)


def _evenly(existing: list[int], pairs: int, last: float = 1.0) -> list[int]:
    """Split ``pairs`` in equal parts over the sizes; what a small size cannot use goes on."""
    part = np.ones(len(existing))
    part[-1:] = last
    counts = [0] * len(existing)
    left, waiting = pairs, part.sum()
    # In the order of what fills first, so that each later size knows what is left for it.
    for i in sorted(range(len(existing)), key=lambda i: min(existing[i], pairs) / part[i]):
        counts[i] = min(existing[i], round(left * part[i] / waiting))
        left -= counts[i]
        waiting -= part[i]
    return counts


def _subsets(players: int, size: int, count: int, total: int, rng: np.random.Generator) -> Array:
    """``(count, players)`` different subsets of one size, never one beside its complement."""
    masks = np.zeros((0, players), dtype=bool)
    if total <= 4 * count:
        chosen = rng.choice(total, count, replace=False)
        return np.asarray(_every(players, size, total)[chosen])
    while len(masks) < count:
        lowest = rng.random((count - len(masks), players)).argsort(axis=1)[:, :size]
        fresh = np.zeros((len(lowest), players), dtype=bool)
        np.put_along_axis(fresh, lowest, True, axis=1)
        if 2 * size == players:
            fresh = fresh == fresh[:, :1]
        masks = np.concatenate([masks, fresh])
        keys = np.packbits(masks, axis=1)
        # One item per row compares as a whole, far faster than by column.
        _, first = np.unique(keys.view(f"V{keys.shape[1]}")[:, 0], return_index=True)
        masks = masks[np.sort(first)]
    return masks


@lru_cache(maxsize=16)
def _every(players: int, size: int, total: int) -> Array:
    """``(total, players)`` subsets of one size, the same for all instances; of the middle size the
    first half in this order holds player 0: one of each pair."""
    members = np.array(list(islice(combinations(range(players), size), total)))
    masks = np.zeros((total, players), dtype=bool)
    np.put_along_axis(masks, members, True, axis=1)
    masks.setflags(write=False)
    return masks
