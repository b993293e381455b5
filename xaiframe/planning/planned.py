"""What a plan holds: its stages, what they cost, and what the model was found to bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from xaiframe.catalogue.estimate import Cost
from xaiframe.composition.proposal import Suggestion
from xaiframe.planning.unit import Stage, Unit


@dataclass(frozen=True)
class Plan:
    """Ordered stages of one audit, with what the reader should know beforehand.

    proposal: the methods that were proposed or not where the recipe names none, and why.
    """

    recipe: str
    stages: tuple[Stage, ...]
    notices: tuple[str, ...] = ()
    proposal: tuple[Suggestion, ...] = ()

    def units(self, stage: str) -> list[Unit]:
        """All units of a stage, both phases of precaution together."""
        return [unit for one in self.stages if one.name == stage for unit in one.units]

    def unit(self, stage: str, choice: str) -> Unit | None:
        return next((unit for unit in self.units(stage) if unit.choice == choice), None)

    def applies(self, stage: str, choice: str) -> bool:
        unit = self.unit(stage, choice)
        return unit is not None and unit.applies

    @property
    def running(self) -> list[Unit]:
        return [unit for stage in self.stages for unit in stage.units if unit.applies]

    @property
    def total(self) -> Cost:
        """Sums over what is known; the memory is that of the largest unit."""
        return Cost(
            sum(unit.evaluations or 0 for unit in self.running),
            sum(unit.seconds or 0.0 for unit in self.running),
            max((unit.memory_mb or 0.0 for unit in self.running), default=0.0),
        )

    @property
    def complete(self) -> bool:
        """Whether every count is known."""
        return all(unit.evaluations is not None for unit in self.running)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``plan.json``; what is not known is None."""
        stages = [
            {
                "name": stage.name,
                "phase": stage.phase,
                "units": [_rounded(asdict(unit)) for unit in stage.units],
            }
            for stage in self.stages
        ]
        return {
            "recipe": self.recipe,
            "stages": stages,
            "notices": list(self.notices),
            "proposal": [asdict(one) for one in self.proposal],
        }


def _rounded(unit: dict[str, Any]) -> dict[str, Any]:
    digits = {"seconds": 3, "memory_mb": 1}
    return {
        key: round(value, digits[key]) if key in digits and value is not None else value
        for key, value in unit.items()
    }


@dataclass(frozen=True)
class Bearing:
    """What preflight found of the model: what it offers, and per need or method why it cannot be
    had (``refused``) or what will be done (``notices``)."""

    provides: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    def reason_against(self, name: str, facts: Mapping[str, Any], node: Mapping[str, Any]) -> str:
        """Why this model cannot bear the method ``name``, or one that it asks by a word of its
        ``node`` (``over``); empty when it can."""
        asked = (str(node.get(key)) for key in facts.get("each", ()))
        needed = (name, *facts.get("needs", ()), *asked)
        return next((self.refused[one] for one in needed if one in self.refused), "")
