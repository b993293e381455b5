"""Stability: how far an explanation moves when the input hardly does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Asked, Evidence, Explained
from xaiframe.evaluation.statistics import Estimate, mean, rank_correlations
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better
from xaiframe.probe.movable import movable

SILENT = "the attribution is zero everywhere"
NO_ORDER = "an attribution is constant, so it has no order,"
USUAL: tuple[str, Better] = ("share of the attribution's length", "lower")
UNITS: Mapping[str, tuple[str, Better]] = {"rank_correlation": ("rank correlation", "higher")}


@dataclass(frozen=True)
class Stability:
    """Max-sensitivity, rank correlation under input noise, and dispersion by the seed, per method.

    radius: largest change of each element, in standard deviations on the training split; measured
    numbers only: levels, dates and gaps stay. draws: altered copies of each instance. instances:
    most instances measured, spread evenly.

    ``max_sensitivity`` is the largest ‖φ(x′) − φ(x)‖ ÷ ‖φ(x)‖ over the copies (Yeh et al. 2019,
    arXiv:1901.09392), every copy explained with the random draws of its original: otherwise it
    would measure Monte Carlo noise. That noise is ``reseeding``, ‖φ(x; other seed) − φ(x)‖ ÷
    ‖φ(x)‖. ``control`` is the same distance to the attributions of another instance: a method
    whose sensitivity comes near it says little of the instance. ``rank_correlation`` is
    Spearman's, the mean over the copies.
    """

    radius: float = 0.05
    draws: int = 3
    instances: int = 8

    modalities = ("table", "image", "series")
    tasks = ("classification", "regression")
    cost = "instances * draws * explanation"
    reference = "arXiv:1901.09392"

    def __post_init__(self) -> None:
        if self.radius <= 0:
            raise ValueError(f"radius must be above 0, not {self.radius}")
        if self.draws < 1 or self.instances < 2:
            raise ValueError("draws start at 1, instances at 2")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts max_sensitivity, rank_correlation, control and, of random methods, reseeding.

        Raises NotApplicable when no local attribution was explained or no feature is a number.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        positions = evenly(len(evidence.ids), self.instances)
        found = [
            evidence.reexplain(evidence.model, copy, list(evidence.local))
            for copy in self.copies(evidence, positions)
        ]
        outcome = Outcome()
        for name, one in evidence.local.items():
            moved = [answer[name] for answer in found if name in answer]
            labels = {"method": name}
            for quantity, estimate in self._measured(evidence, positions, one, moved).items():
                unit, better = UNITS.get(quantity, USUAL)
                outcome.facts.append(estimate.fact(quantity, labels, unit, better))
        return outcome

    def copies(self, evidence: Evidence, positions: Array) -> list[Asked]:
        """The instances with a little noise on every number, under their own ids.

        Raises NotApplicable when no feature is a number.
        """
        asked = evidence.asked(positions)
        free = movable(evidence.data, asked.x)
        if not free.any():
            raise NotApplicable("no feature is a number that could change a little")
        size = self.radius * evidence.data.scale * free
        bank = evidence.coalitions(positions)
        noise = np.stack(
            [
                bank.rng(row, "stability").uniform(-1, 1, (self.draws, *asked.x.shape[1:]))
                for row in range(len(positions))
            ],
            axis=1,
        )
        return [replace(asked, x=(asked.x + one * size).astype(np.float32)) for one in noise]

    def _measured(
        self, evidence: Evidence, positions: Array, one: Explained, moved: list[Array]
    ) -> Mapping[str, Estimate]:
        own, seed = one.values[positions], evidence.seed
        there = None if evidence.there is None else evidence.there[positions]
        found: dict[str, Estimate] = {}
        if moved:
            apart = np.max([distance(own, again) for again in moved], axis=0)
            ranked = np.stack([rank_correlations(own, again, there) for again in moved])
            found["max_sensitivity"] = mean(apart, seed, SILENT)
            found["rank_correlation"] = mean(ranked.mean(axis=0), seed, NO_ORDER)
        found["control"] = mean(distance(own, np.roll(own, 1, axis=0)), seed, SILENT)
        if one.repeat is not None:
            again = distance(one.values[: len(one.repeat)], one.repeat)
            found["reseeding"] = mean(again, seed, SILENT)
        return found


def distance(own: Array, other: Array) -> Array:
    """``(n,)`` ‖other − own‖ ÷ ‖own‖ of each row; NaN where own is zero."""
    size = np.linalg.norm(own, axis=1)
    return np.linalg.norm(other - own, axis=1) / np.where(size > 0, size, np.nan)
