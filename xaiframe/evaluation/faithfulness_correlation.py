"""Faithfulness correlation: do sets of features that were attributed more lose more?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.removals import foretold
from xaiframe.evaluation.statistics import mean
from xaiframe.explanation import Array, Outcome

FLAT = "no set of features moves the score, or all are attributed alike,"


@dataclass(frozen=True)
class FaithfulnessCorrelation:
    """Pearson correlation, over random sets of features, of attribution and loss of the score.

    instances: most instances measured, spread evenly; draws: sets of features removed from each.

    Bhatt et al. 2020 (arXiv:2005.00631), the sets of every size rather than one, absent features
    replaced by the declared background. 1 foretells every loss up to a factor. ``control``: the
    same with the features of each instance renamed.
    """

    instances: int = 24
    draws: int = 50

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "instances * background * (draws + 1)"
    reference = "arXiv:2005.00631"

    def __post_init__(self) -> None:
        if self.instances < 2 or self.draws < 3:
            raise ValueError("instances start at 2, draws at 3")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts correlation and control per method with a sign.

        Raises NotApplicable when there is none.
        """
        return foretold(
            evidence,
            (self.instances, self.draws),
            "correlation",
            lambda told, lost: mean(correlations(told, lost), evidence.seed, FLAT),
            "correlation",
            "higher",
        )


def correlations(a: Array, b: Array) -> Array:
    """``(n,)`` Pearson correlation of each row of ``a`` and ``b`` ``(n, draws)``; NaN where one of
    them is constant."""
    left, right = (one - one.mean(axis=1, keepdims=True) for one in (a, b))
    size = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    scale = np.abs(a).max(axis=1) * np.abs(b).max(axis=1) * a.shape[1]
    flat = size <= 1e-9 * scale
    return np.asarray((left * right).sum(axis=1) / np.where(flat, np.nan, size))
