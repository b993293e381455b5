"""Altered inputs that are answered as wanted: what is chosen of those that a search has found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xaiframe.explanation import Array
from xaiframe.kinds.counterfactuals import TYPICAL, unlike
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.nearby import Nearby
from xaiframe.probe.swaps import Lead
from xaiframe.probe.wanted import Wanted

ALIKE = 0.5
"""Two alternatives whose sets of features have more than this in common count as one."""


class Limits(Protocol):
    """What a method says of a search, as
    :class:`~xaiframe.perturbation.counterfactual.Counterfactual` does."""

    @property
    def alternatives(self) -> int: ...

    @property
    def most(self) -> int: ...

    @property
    def neighbours(self) -> int: ...

    @property
    def steps(self) -> int: ...

    @property
    def sparsity(self) -> float: ...

    @property
    def plausibility(self) -> float: ...


@dataclass
class Alternative:
    """One altered input ``x`` ``input_shape`` and what the model answers to it.

    changes: feature → before, after and size of its change. effort: what it is chosen by.
    """

    x: Array
    outputs: Array
    changes: dict[int, tuple[float, float, float]]
    distance: float
    apart: float
    usual: float
    limit: float
    effort: float


class Search:
    """What tables and everything else share: alternatives of one instance, the smallest first."""

    unit = ""

    def __init__(
        self, method: Limits, bank: CoalitionBank, nearby: Nearby, wanted: Wanted,
        free: Array,
    ) -> None:  # fmt: skip
        self.method, self.bank, self.nearby, self.wanted = method, bank, nearby, wanted
        self.free = free

    def found(
        self, position: int, lead: Lead, pool: Array
    ) -> Iterator[tuple[Array, dict[int, tuple[float, float, float]], float]]:
        """Altered inputs, their changes and distances; ``pool``: training rows answered as
        wanted, nearest first, as positions of ``nearby``."""
        raise NotImplementedError

    def chosen(self, position: int, now: Array) -> list[Alternative]:
        """At most ``alternatives`` of those found, each unlike those before it."""

        def lead(x: Array) -> Array:
            return self.wanted.lead(self.bank.scorer.outputs(x), now)

        among = self.wanted.lead(self.nearby.outputs, now) > 0
        pool = self.nearby.order(self.bank.x[position], among)[: self.method.neighbours]
        found = list(self.found(position, lead, pool))
        if not found:
            return []
        outputs = self.bank.scorer.outputs(np.stack([x for x, _, _ in found]))
        judged = [
            self._judged(*one, answer, now) for one, answer in zip(found, outputs, strict=True)
        ]
        kept: list[Alternative] = []
        for one in sorted(judged, key=lambda one: (one.effort, len(one.changes))):
            apart = [unlike({*map(str, one.changes)}, {*map(str, k.changes)}) for k in kept]
            if min(apart, default=1.0) >= 1 - ALIKE and len(kept) < self.method.alternatives:
                kept.append(one)
        return kept

    def _judged(
        self, x: Array, changes: dict[int, tuple[float, float, float]], distance: float,
        outputs: Array, now: Array,
    ) -> Alternative:  # fmt: skip
        nearby, y = self.nearby, self.nearby.rows.y
        apart = float(nearby.apart(x[None], self.wanted.fits(y, outputs, now))[0])
        usual = nearby.usual(int(outputs.argmax()) if self.wanted.classes else None)
        middle, limit = np.quantile(usual, [0.5, TYPICAL]) if len(usual) else (np.nan, np.nan)
        effort = distance + self.method.sparsity * len(changes)
        if limit > 0 and np.isfinite(apart):
            effort += self.method.plausibility * max(0.0, apart / limit - 1)
        return Alternative(
            x, outputs, changes, distance, apart, float(middle), float(limit), effort
        )
