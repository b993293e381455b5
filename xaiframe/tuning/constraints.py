"""Constraints of a search: what a trial's facts must keep to before it may be chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from xaiframe.facts import Facts

BOUNDS = ("at_most", "at_least")


@dataclass(frozen=True)
class Constraint:
    """A bound on a fact; where it has several values (one per group, say), on the worst of them."""

    fact: str
    at_most: float | None = None
    at_least: float | None = None

    def measured(self, facts: Facts) -> float:
        """The worst value that the facts hold; raises ValueError where there is none."""
        found = facts.where(self.fact)
        values = [float(value) for f in found if _number(value := f.value) and math.isfinite(value)]
        if not values:
            why = next((f": {f.reason}" for f in found if f.reason), "")
            raise ValueError(f"the constraint {self.fact} was not measured{why}")
        return max(values, key=self.excess)

    def excess(self, value: float) -> float:
        """How far ``value`` lies outside; 0 or less inside."""
        above = -math.inf if self.at_most is None else value - self.at_most
        below = -math.inf if self.at_least is None else self.at_least - value
        return max(above, below)

    def breach(self, value: float) -> str:
        """What is wrong with ``value`` in words; empty where nothing is."""
        if self.excess(value) <= 0:
            return ""
        if self.at_most is not None and value > self.at_most:
            return f"{self.fact} is {value:.4g}, above {self.at_most:g}"
        return f"{self.fact} is {value:.4g}, below {self.at_least:g}"


def constraints_of(node: Mapping[str, Any]) -> list[Constraint]:
    """``{fact: {at_most: 0.1}}`` as constraints. Raises ValueError for anything else."""
    return [_constraint(fact, bounds) for fact, bounds in node.items()]


def fault(bounds: Any) -> str:
    """What is wrong with one constraint's bounds; empty where nothing is."""
    if not isinstance(bounds, Mapping) or not bounds or not set(bounds) <= set(BOUNDS):
        return f"{bounds!r} is no bound"
    if not all(_number(one) and math.isfinite(one) for one in bounds.values()):
        return f"{dict(bounds)} bounds by something that is no number"
    if len(bounds) == 2 and bounds["at_least"] > bounds["at_most"]:
        return f"nothing is at least {bounds['at_least']:g} and at most {bounds['at_most']:g}"
    return ""


def _constraint(fact: str, bounds: Any) -> Constraint:
    wrong = fault(bounds)
    if wrong:
        raise ValueError(f"constraints.{fact}: {wrong}; right is {{at_most: 0.1}} or at_least")
    return Constraint(fact, **{key: float(one) for key, one in bounds.items()})


def _number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
