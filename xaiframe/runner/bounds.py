"""What a round may still ask: what the plan cut to fit its budget, and until when."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from xaiframe.planning.budget import COUNTED
from xaiframe.planning.plan import Plan
from xaiframe.planning.unit import Unit
from xaiframe.recipe import Budget

BOUNDED = ("precaution", *COUNTED)
"""Stages that end with the time; without the others there is nothing to report."""
MARGIN = 3.0
"""How much longer than estimated the second direction may take, where time is kept for it."""
STARTING = 2.0
"""Seconds that a direction takes before it asks anything."""


@dataclass(frozen=True)
class Bounds:
    """The bounds of one round; without a budget there are none.

    ``units``: the plan's, by stage and choice. ``until``: when the time is over, in seconds since
    the epoch, which several processes read alike.
    """

    budget: Budget = field(default_factory=Budget)
    units: Mapping[tuple[str, str], Unit] = field(default_factory=dict)
    until: float = math.inf

    @classmethod
    def of(cls, budget: Budget, plan: Plan) -> Bounds:
        """Those of a round that begins now."""
        units = {(stage.name, unit.choice): unit for stage in plan.stages for unit in stage.units}
        minutes = budget.minutes
        return cls(budget, units, math.inf if minutes is None else time.time() + 60 * minutes)

    def kept(self, stage: str, choice: str) -> int | None:
        """How many instances a local method explains; None for all."""
        unit = self.units.get((stage, choice))
        return None if unit is None else unit.kept

    def end(self, stage: str) -> float:
        """When a stage asks no more: the first direction leaves the other time, at most half."""
        gradient = [unit for (group, _), unit in self.units.items() if group == "gradient"]
        seconds = [unit.seconds or 0.0 for unit in gradient if unit.applies]
        if stage != "perturbation" or not seconds or self.budget.minutes is None:
            return self.until
        return self.until - min(30 * self.budget.minutes, STARTING + MARGIN * sum(seconds))

    def refusal(self, stage: str, choice: str) -> str:
        """Why a unit is not computed, in words; empty when it is.

        A measure that asks the model nothing costs next to no time, and is computed after the end.
        """
        unit = self.units.get((stage, choice), Unit(choice))
        if unit.cut and not unit.kept:
            return unit.cut
        if stage not in BOUNDED or (stage == "evaluation" and unit.evaluations == 0):
            return ""
        return self.late(stage, unit.seconds or 0.0)

    def refusal_of_search(self, choice: str, trials: int) -> str:
        """Why a search is not begun; it ends with the time, so that one trial and the comparison
        have to fit."""
        unit = self.units.get(("tuning", choice), Unit(choice))
        if unit.cut and not unit.kept:
            return unit.cut
        return self.late("tuning", 2 * (unit.seconds or 0.0) / (trials + 1))

    def late(self, stage: str, seconds: float = 0.0) -> str:
        """Why there is no time for something that takes so long; empty when there is."""
        left, minutes = self.end(stage) - time.time(), self.budget.minutes
        if left <= 0:
            kept = ", but for what the gradients take" if self.until > time.time() else ""
            return f"budget: {minutes:g} minutes were over{kept}"
        if seconds > left:
            return (
                f"budget: it takes about {seconds:.0f} s, {left:.0f} s of {minutes:g} min were left"
            )
        return ""

    def cut(self, stage: str, choice: str) -> str:
        """Why a local method did not explain all instances."""
        unit = self.units.get((stage, choice))
        return unit.cut if unit and unit.cut else self.late(stage)
