"""Slice search: where a model does worse than on average, over up to three features at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from xaiframe.explanation import Array
from xaiframe.precaution.fitting.segment import Segment, sides, slices

SHUFFLES = 100
FEATURES = 3
"""Most conditions of a segment, each on a feature of its own."""
BEAM = 32
"""Weakest segments of each length that are narrowed by one more condition."""
CONDITIONS = 256
"""Weakest conditions that segments are narrowed by."""
ROWS = 4000
"""Most rows that are searched."""
ROUNDING = 1e-3
"""Standard deviations by which a segment has to beat chance, more than float32 loses: shares of
few rows take few values, so that ties are common."""
Found = dict[tuple[int, ...], float]
"""Segment, as the positions of its conditions → standard deviations from the mean."""


def spread(size: Array | int, credit: Array) -> Array:
    """``(...)`` standard deviation of the mean credit of ``size`` rows drawn at random from all,
    without replacement; infinite where that mean cannot vary."""
    n, drawn = len(credit), np.asarray(size, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = credit.var(dtype=np.float64) * (n - drawn) / (drawn * max(n - 1, 1))
    return np.where(variance > 0, np.sqrt(np.maximum(variance, 0)), np.inf)


class Search:
    """The segments over one to three features that look weakest, among ``simple`` conditions.

    Level by level, the weakest segments are narrowed by one more condition on another feature, as
    SliceFinder (arXiv:1807.06068) and SliceLine (doi:10.1145/3448016.3457323) do; segments of
    fewer than ``minimum`` rows are never looked at, nor narrowed. Weak means many standard
    deviations below what as many rows drawn at random would have, so that a large segment needs
    less of a difference than a small one. Bounded: at most :data:`BEAM` segments of each length
    are narrowed, each by at most :data:`CONDITIONS` conditions, so that the time is that of
    ``(features − 1) · BEAM · CONDITIONS · n`` multiplications, for each of :data:`SHUFFLES`
    shuffles too.
    """

    def __init__(self, simple: list[Segment], minimum: int, features: int = FEATURES) -> None:
        self.simple, self.minimum, self.features = simple, minimum, features
        n = len(simple[0].rows) if simple else 0
        self.member: Array = np.array([one.rows for one in simple], np.float32).reshape(
            len(simple), n
        )
        _, self.owner = np.unique([one.columns[0] for one in simple], return_inverse=True)

    def weakest(self, credit: Array) -> Found:
        """Positions in ``simple`` → standard deviations from the mean, of the weakest segments of
        each length; those of one condition all."""
        n, sd = len(credit), credit.std(dtype=np.float64)
        if not len(self.simple) or sd == 0:
            return {}
        unit = ((credit - credit.mean(dtype=np.float64)) / sd).astype(np.float32)
        size = self.member.sum(axis=1)
        z = _deviations(self.member @ unit, size, n, (size >= self.minimum) & (size < n))
        found: Found = {(int(k),): float(z[k]) for k in np.flatnonzero(np.isfinite(z))}
        beam, further = (
            lowest(found, BEAM),
            np.array(lowest(found, CONDITIONS), dtype=np.int64).ravel(),
        )
        for _ in range(self.features - 1):
            level = self._narrowed(beam, further, unit)
            beam = lowest(level, BEAM)
            found |= {one: level[one] for one in beam}
        return found

    def _narrowed(self, parents: list[tuple[int, ...]], further: Array, unit: Array) -> Found:
        if not parents:
            return {}
        rows = np.stack([self.member[list(one)].prod(axis=0) for one in parents])
        conditions = self.member[further]
        size, own = rows @ conditions.T, rows.sum(axis=1)[:, None]
        owners = self.owner[np.array(parents)]
        other = (owners[:, :, None] != self.owner[further]).all(axis=1)
        allowed = other & (size >= self.minimum) & (size < own)
        z = _deviations((rows * unit) @ conditions.T, size, len(unit), allowed)
        flat = np.argsort(z, axis=None, kind="stable")[: self.features * BEAM]
        pairs = zip(*np.unravel_index(flat, z.shape), strict=True)
        return {
            tuple(sorted((*parents[p], int(further[c])))): float(z[p, c])
            for p, c in pairs
            if np.isfinite(z[p, c])
        }

    def segment(self, members: tuple[int, ...]) -> Segment:
        """The rows where all those conditions hold."""
        parts = [self.simple[one] for one in members]
        rows = np.logical_and.reduce([one.rows for one in parts])
        columns = tuple(name for one in parts for name in one.columns)
        return Segment(" and ".join(one.name for one in parts), rows, columns)

    def deviation(self, members: tuple[int, ...], credit: Array) -> float:
        """Standard deviations of one segment from the mean."""
        rows = self.segment(members).rows
        return float((credit[rows].mean() - credit.mean()) / spread(int(rows.sum()), credit))

    def chance(self, credit: Array, seed: int) -> Array:
        """``(SHUFFLES,)`` how weak the weakest segment looks when the credits are shuffled over the
        rows, the whole search made anew: what searching alone finds where no segment is weak."""
        random = np.random.default_rng([seed, 31])
        draws = (self.weakest(random.permutation(credit)) for _ in range(SHUFFLES))
        # threads that share products as small as these wait for each other most of the time
        with threadpool_limits(1, "blas"):
            return np.array([min(found.values(), default=0.0) for found in draws])


def _deviations(total: Array, size: Array, n: int, allowed: Array) -> Array:
    """``(...)`` mean of standardised credits over its standard deviation; infinite where not
    ``allowed``."""
    some = np.clip(size, 1, n - 1)
    z = total / some / np.sqrt((n - some) / (some * (n - 1)))
    return np.where(allowed, z, np.inf)


def lowest(found: Found, most: int) -> list[tuple[int, ...]]:
    """At most ``most`` segments, the weakest first."""
    return sorted(found, key=lambda one: (found[one], one))[:most]


@dataclass(frozen=True)
class Weakness:
    """What a search found: ``judged`` segments, the weakest first, those too ``small`` to be
    judged, and the difference of score that 95 of 100 searches for a segment of the weakest's size
    stay above where no segment is weak."""

    judged: list[Segment]
    small: list[Segment]
    chance: float = 0.0


def weakness(frame: pd.DataFrame, credit: Array, minimum: int, cuts: Array, seed: int) -> Weakness:
    """The segments of ``frame`` by ``credit`` ``(n,)``: every one of a single condition, and the
    longer ones that are weaker than chance.

    The weakest is, of those beyond chance, the one with the lowest mean; where none is, the one of
    a single condition that comes closest.
    """
    found = list(slices(frame, cuts))
    small = [one for one in found if one.rows.sum() < minimum]
    fixed = [one for one in found if minimum <= one.rows.sum() < len(credit)]
    search = Search([*fixed, *sides(frame, cuts)], minimum)
    z = search.weakest(credit)
    if not z:
        return Weakness(fixed, small)
    lowest_of_chance = np.quantile(search.chance(credit, seed), 0.05, method="lower")
    limit = float(lowest_of_chance) - ROUNDING
    below = [search.segment(one) for one in _below(search, z, limit, credit)]
    alone: Found = {one: deviation for one, deviation in z.items() if len(one) == 1}
    first = below[0] if below else search.segment(lowest(alone, 1)[0])
    drops = {one.name: float(credit[one.rows].mean()) for one in [first, *below, *fixed]}
    every = {one.name: one for one in [first, *below, *fixed]}
    rest = sorted(list(every)[1:], key=drops.__getitem__)
    chance = limit * float(spread(int(first.rows.sum()), credit))
    return Weakness([first, *(every[name] for name in rest)], small, chance)


def _below(search: Search, found: Found, limit: float, credit: Array) -> list[tuple[int, ...]]:
    """The segments below ``limit`` (standard deviations), the lowest mean first.

    Beginning with the largest, each has to earn its place: a segment that is no weaker inside one
    that was kept than chance would make it (by ``limit`` again) is left to that wider one.
    """
    below = {one for one, z in found.items() if z < limit}
    below |= {
        wider
        for one in below
        for wider in (one[:k] + one[k + 1 :] for k in range(len(one)))
        if wider and search.deviation(wider, credit) < limit
    }
    rows = {one: search.segment(one).rows for one in below}
    kept: list[tuple[int, ...]] = []
    for one in sorted(below, key=lambda one: (-rows[one].sum(), len(one), one)):
        around = [rows[wide] for wide in kept if rows[wide][rows[one]].all()]
        if all(_weaker(rows[one], wide, limit, credit) for wide in around):
            kept.append(one)
    return sorted(kept, key=lambda one: (float(credit[rows[one]].mean()), len(one), one))


def _weaker(inside: Array, around: Array, limit: float, credit: Array) -> bool:
    wide = credit[around]
    return bool((credit[inside].mean() - wide.mean()) / spread(inside.sum(), wide) < limit)
