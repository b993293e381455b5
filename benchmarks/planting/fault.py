"""What a planted fault is: data with it, its ground truth, and data where it is absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.planting.clean import Clean
from xaiframe.data.face import Data
from xaiframe.model.face import Model


@dataclass(frozen=True)
class Arm:
    """Data to judge, and what was planted: row ids, columns; both empty in a control arm."""

    data: Data
    ids: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    model: Model | None = None


Plant = Callable[[Clean, np.random.Generator, int, float], Arm]
Control = Callable[[Clean, np.random.Generator, int], Arm]


@dataclass(frozen=True)
class Fault:
    """One family of faults.

    check, rules
        the check that should see it, and the policy's rules meant for it (none: all rules about
        the check): detected is a warn or fail of one of them.
    sources, strengths
        where it is planted and how strongly; ``unit`` says what a strength is.
    plant, control
        ``(clean, random, n, strength)`` → arm with the fault; ``(clean, random, n)`` → arm where
        it is absent by construction, as the control's docstring argues.
    quiet
        rules of the check whose cause the control makes absent: a warn or fail of one of them
        there is a false alarm. By default ``rules``.
    suspects
        table of the check that lists the rows it suspects, its column ``id``.
    """

    name: str
    check: str
    rules: tuple[str, ...]
    sources: tuple[str, ...]
    strengths: tuple[float, ...]
    unit: str
    plant: Plant
    control: Control
    quiet: tuple[str, ...] = ()
    suspects: str = ""

    @property
    def silent(self) -> tuple[str, ...]:
        return self.quiet or self.rules


def labels_of(strength: float, unit: str) -> str:
    """A strength in words: ``5 %``, ``1 sd``."""
    return f"{strength:.0%}".replace("%", " %") if unit == "share" else f"{strength:g} {unit}"
