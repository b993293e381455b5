"""Infidelity: how far the attributions are from what the score really loses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.removals import foretold
from xaiframe.evaluation.statistics import ratio
from xaiframe.explanation import Array, Outcome


@dataclass(frozen=True)
class Infidelity:
    """Mean (β Σ attribution of what is removed − loss of the score)² ÷ mean loss², per method.

    instances: most instances measured, spread evenly; draws: sets of features removed from each.

    Yeh et al. 2019 (arXiv:1901.09392) with removal to the declared background as perturbation,
    and their scaling: β is the one number per method that fits best, so that a method in other
    units (a share, a slope) is not blamed for them. 0 foretells every loss, 1 no better than
    attributing nothing. ``control``: the same with the features of each instance renamed.
    """

    instances: int = 24
    draws: int = 50

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "instances * background * (draws + 1)"
    reference = "arXiv:1901.09392"

    def __post_init__(self) -> None:
        if self.instances < 2 or self.draws < 2:
            raise ValueError("instances and draws start at 2")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts infidelity and control per method with a sign.

        Raises NotApplicable when there is none.
        """
        return foretold(
            evidence,
            (self.instances, self.draws),
            "infidelity",
            lambda told, lost: ratio(*errors(told, lost), evidence.seed),
            "share of mean loss²",
            "lower",
        )


def errors(foretold: Array, lost: Array) -> tuple[Array, Array]:
    """``(n,)`` each: mean squared error of the best scaled ``foretold`` ``(n, draws)``, and mean
    squared loss."""
    size = (foretold**2).sum()
    scale = (foretold * lost).sum() / size if size > 0 else 0.0
    return ((scale * foretold - lost) ** 2).mean(axis=1), np.asarray((lost**2).mean(axis=1))
