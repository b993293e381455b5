"""Prediction gaps when the features called important, or unimportant, are taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.removals import places
from xaiframe.evaluation.statistics import mean
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better
from xaiframe.probe.coalitions import CoalitionBank

RANDOM = "random"
WANTED: Mapping[str, Better] = {"important": "higher", "unimportant": "lower"}


@dataclass(frozen=True)
class PerturbationGap:
    """PGI and PGU: |score − score without the features named|, the important or all the others.

    top: share of the features an instance has that count as important, at least one of them.
    instances: most instances measured, spread evenly.

    Agarwal et al. 2022 (OpenXAI, arXiv:2206.11104), with removal to the declared background as
    perturbation. PGI (important ones perturbed) should be **high**, PGU (unimportant ones
    perturbed) **low**; they have been published with the two exchanged. Features are ordered by
    |attribution|, ties at random. ``gain`` is PGI − PGU less the same of a random order.
    """

    top: float = 0.25
    instances: int = 24

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "instances * background * 2 * (methods + 1)"
    reference = "arXiv:2206.11104"

    def __post_init__(self) -> None:
        if not 0 < self.top < 1:
            raise ValueError(f"top must lie between 0 and 1, not {self.top}")
        if self.instances < 2:
            raise ValueError(f"instances must be at least 2, not {self.instances}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts important, unimportant and gain per method, the first two of the control too.

        Raises NotApplicable when no local attribution was explained, or there is one feature only.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        if len(evidence.data.features) < 2:
            raise NotApplicable("a single feature cannot be held against others")
        positions = evenly(len(evidence.ids), self.instances)
        bank = evidence.coalitions(positions)
        there = evidence.present(positions)
        drawn = np.stack(
            [bank.rng(i, "gap control").random(bank.features) for i in range(len(bank))]
        )
        control = gaps(bank, drawn, there, self.top)
        outcome = Outcome()
        asked = {name: np.abs(one.values[positions]) for name, one in evidence.local.items()}
        for name, size in {**asked, RANDOM: drawn}.items():
            own = control if name == RANDOM else gaps(bank, size, there, self.top)
            for (quantity, better), values in zip(WANTED.items(), own, strict=True):
                found = mean(values, evidence.seed)
                outcome.facts.append(found.fact(quantity, {"method": name}, "score", better))
            if name != RANDOM:
                gain = (own[0] - own[1]) - (control[0] - control[1])
                found = mean(gain, evidence.seed)
                outcome.facts.append(found.fact("gain", {"method": name}, "score", "higher"))
        return outcome


def gaps(bank: CoalitionBank, size: Array, there: Array, top: float) -> tuple[Array, Array]:
    """``(n,)`` each: PGI and PGU of features ordered by ``size`` ``(n, features)``, the share
    ``top`` of those that are ``there`` ``(n, features)`` taken for important."""
    count = np.maximum(1, np.round(top * there.sum(axis=1)))[:, None]
    named = (places(bank, size, there) < count) & there
    values = bank.values(np.stack([~named, named | ~there], axis=1))
    moved = np.abs(bank.full[:, None] - values)
    return moved[:, 0], moved[:, 1]
