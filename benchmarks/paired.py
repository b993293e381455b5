"""Two ways to the same answer, timed in pairs, and the aim that their ratio is held against.

Seconds are those of the processor (all threads of this process), so that other work on the machine
counts little; the wall's are kept beside them. Every other pair begins with the second way.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Aim:
    """A bound on a ratio, ``least`` or ``most``."""

    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        return f"≥ {self.least:.3g}" if self.least is not None else f"≤ {self.most:.3g}"

    def verdict(self, ratio: float) -> str:
        """``met`` or ``missed``; what is no number is missed."""
        low = self.least is None or ratio >= self.least
        high = self.most is None or ratio <= self.most
        return "met" if low and high else "missed"


@dataclass(frozen=True)
class Seconds:
    """Of one piece of work: the processor's and the wall's."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Pairs:
    """``first`` and ``second``: what each way took, pair by pair."""

    first: Sequence[Seconds]
    second: Sequence[Seconds]

    @cached_property
    def ratios(self) -> list[float]:
        """The processor's seconds of the first over those of the second, pair by pair."""
        return [a.cpu / b.cpu for a, b in zip(self.first, self.second, strict=True)]

    @cached_property
    def wall_ratios(self) -> list[float]:
        return [a.wall / b.wall for a, b in zip(self.first, self.second, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of :attr:`ratios`."""
        return statistics.median(self.ratios)


def pairs(first: Callable[[], Any], second: Callable[[], Any], repeats: int) -> Pairs:
    """``repeats`` pairs, after one that warms caches and is dropped."""
    ways: tuple[Callable[[], Any], ...] = (first, second)
    found: tuple[list[Seconds], list[Seconds]] = ([], [])
    for number in range(repeats + 1):
        for way in (0, 1) if number % 2 else (1, 0):
            found[way].append(timed(ways[way]))
    return Pairs(found[0][1:], found[1][1:])


def timed(work: Callable[[], Any]) -> Seconds:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Seconds(time.process_time() - cpu, time.perf_counter() - wall)


def middle(found: Sequence[Seconds]) -> float:
    """Median seconds of the processor."""
    return statistics.median(one.cpu for one in found)


def spread(values: Sequence[float], digits: int = 1) -> str:
    """``median (least–most)``."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"
