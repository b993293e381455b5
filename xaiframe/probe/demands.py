"""What may be demanded of a table's row: levels, gaps, and thresholds between training values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.probe.arms import Coin, bounds
from xaiframe.probe.nearby import Nearby
from xaiframe.probe.questions import shortest
from xaiframe.probe.scopes import ABOVE, BELOW, EQUAL, GAP, HALF, Condition, Scope
from xaiframe.probe.setting import numbers

UNORDERED = ("categorical", "boolean")
SUPPORT, PROMISING = 20, 24
"""Training rows that must meet a rule, and conditions that may be added to one at most."""
LEVEL = 1.0
"""Of the bounds that these are ranked by."""


@dataclass(frozen=True)
class Columns:
    """A table's training rows ``known`` ``(m, features)``, one number a feature, what the model
    answers to them ``(m, outputs)``, and the thresholds that may part each column, sorted.

    fitting: whether what a rule leaves open comes from rows that meet it, or from any.
    """

    data: Data
    known: Array
    outputs: Array
    cuts: tuple[Array, ...]
    fitting: bool = True

    @classmethod
    def of(cls, nearby: Nearby, bins: int, fitting: bool = True) -> Columns:
        """``bins``: parts of a column, alike in size, whose edges are the thresholds.

        Raises NotApplicable where a feature has several numbers.
        """
        data = nearby.data
        known = numbers(data.encoding, nearby.rows.x, len(data.features))
        kinds = data.encoding.kinds
        cuts = [
            np.zeros(0) if kinds.get(name) in UNORDERED else thresholds(column, bins)
            for name, column in zip(data.features, known.T, strict=True)
        ]
        return cls(data, known, nearby.outputs, tuple(cuts), fitting)

    def holds(self, one: Condition, values: Array) -> Array:
        """``(n,)`` bool: which ``values`` ``(n, features)`` meet a condition."""
        own = values[:, one.feature]
        if one.sign == GAP:
            return np.isnan(own)
        return np.asarray(
            own > one.limit if one.sign == ABOVE
            else own <= one.limit if one.sign == BELOW
            else own == one.limit
        )  # fmt: skip


def thresholds(values: Array, bins: int) -> Array:
    """At most ``bins`` − 1 numbers between different ``values`` ``(n,)``, near their quantiles, in
    as few digits as part them alike; all that there are where there are no more values."""
    there = values[~np.isnan(values)]
    known = np.unique(there)
    if len(known) < 2:
        return np.zeros(0)
    at = np.arange(len(known) - 1)
    if len(known) > bins:
        wanted = np.quantile(there, np.arange(1, bins) / bins, method="lower")
        at = np.unique(np.minimum(np.searchsorted(known, wanted), len(known) - 2))
    whole = bool((known % 1 == 0).all())
    return np.array([shortest(known[k], known[k + 1], whole) for k in at])


class Rows(Scope):
    """Conditions on columns.

    Half of the draws are training rows that meet the rule, half are recombined from two of them,
    each column from one or the other. Or they are any training rows, and a named column that does
    not fit in takes the value of another row that does.

    right: ``(m,)`` bool, which training rows are answered as the instance.
    """

    def __init__(self, columns: Columns, own: Array, right: Array) -> None:
        self.columns, self.own, self.right = columns, own, right
        self.conditions = list(self._met())
        holds = [columns.holds(one, columns.known) for one in self.conditions]
        self.holds = np.array(holds, dtype=bool).reshape(len(holds), len(columns.known))

    def _met(self) -> Iterator[Condition]:
        """All of the instance's; of one column and sign from the widest to the nearest."""
        data = self.columns.data
        for at, (value, cuts) in enumerate(zip(self.own.tolist(), self.columns.cuts, strict=True)):
            if np.isnan(value):
                yield Condition(at, GAP)
            elif data.encoding.kinds.get(data.features[at]) in UNORDERED:
                yield Condition(at, EQUAL, value)
            else:
                yield from (Condition(at, ABOVE, one) for one in cuts[cuts < value].tolist())
                yield from (Condition(at, BELOW, one) for one in cuts[cuts >= value][::-1].tolist())

    def draw(self, rule: Coin, n: int, rng: np.random.Generator) -> Array:
        values = (self._recombined if self.columns.fitting else self._any)(rule, n, rng)
        return self.columns.data.encoding.elements(values)

    def _recombined(self, rule: Coin, n: int, rng: np.random.Generator) -> Array:
        fits = np.flatnonzero(self.holds[sorted(rule)].all(axis=0))
        one, other = self.columns.known[rng.choice(fits, (2, n))]
        mixed = (rng.random(one.shape) < HALF) & (rng.random((n, 1)) < HALF)
        return np.where(mixed, other, one)

    def _any(self, rule: Coin, n: int, rng: np.random.Generator) -> Array:
        known = self.columns.known
        values = known[rng.integers(0, len(known), n)]
        for feature in sorted({self.conditions[one].feature for one in rule}):
            demands = [one for one in sorted(rule) if self.conditions[one].feature == feature]
            fits = np.flatnonzero(self.holds[demands].all(axis=0))
            good = [self.columns.holds(self.conditions[one], values) for one in demands]
            instead = known[rng.choice(fits, n), feature]
            values[:, feature] = np.where(np.all(good, axis=0), values[:, feature], instead)
        return values

    def free(self, rule: Coin) -> list[int]:
        """Of each column and sign the threshold with which most of the training rows that meet the
        rule as well are surely answered alike; of these the most promising."""
        within = self.holds[sorted(rule)].all(axis=0)
        rows = (self.holds & within).sum(axis=1)
        low, _ = bounds((self.holds & within & self.right).sum(axis=1), rows, LEVEL)
        taken = {self.conditions[one][:2] for one in rule}
        best: dict[tuple[int, str], int] = {}
        for number in np.argsort(-low, kind="stable").tolist():
            kind = self.conditions[number][:2]
            if kind not in taken and SUPPORT <= rows[number] < within.sum():
                best.setdefault(kind, number)
        return list(best.values())[:PROMISING]

    def share(self, rule: Coin) -> float:
        return float(self.holds[sorted(rule)].all(axis=0).mean())

    def looser(self, number: int) -> list[int | None]:
        kind = self.conditions[number][:2]
        wider = [k for k in range(number) if self.conditions[k][:2] == kind]
        return [None, *wider]

    def meets(self, rule: Coin, x: Array) -> tuple[Array, Array]:
        values = numbers(self.columns.data.encoding, x, len(self.own))
        found = np.ones(len(x), dtype=bool)
        for one in rule:
            found &= self.columns.holds(self.conditions[one], values)
        return found, x[found]
