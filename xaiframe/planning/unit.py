"""The units of a plan: one choice of one stage, whether it applies, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Unit:
    """One choice of a stage: whether it applies, why not, and its cost (None: not known yet).

    kept: of a choice that does not fit the budget, how many instances it explains all the same (0:
    it is not asked at all), and its cost is that of what is left; None where it fits. ``cut``: why.
    """

    choice: str
    target: str = ""
    applies: bool = True
    reason: str = ""
    evaluations: int | None = 0
    seconds: float | None = 0.0
    memory_mb: float | None = 0.0
    axes: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    doc: str = ""
    kept: int | None = None
    cut: str = ""


@dataclass(frozen=True)
class Stage:
    """Units that run together; ``phase`` tells precaution before the fit from that after it."""

    name: str
    units: tuple[Unit, ...]
    phase: str = ""

    @property
    def title(self) -> str:
        return f"{self.name} ({self.phase})" if self.phase else self.name
