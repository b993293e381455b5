"""Prediction difference: the evidence a feature's own value gives, in bits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.score import Scorer


@dataclass(frozen=True)
class PredictionDifference(Method):
    """Log-odds of the target with the feature as it is, less those with the feature unknown.

    rows: imagined observations of the Laplace correction that keeps a certain answer finite; the
    probability p becomes (p · rows + 1) ÷ (rows + classes).

    Robnik-Šikonja & Kononenko 2008 (doi:10.1109/TKDE.2007.190734), for pictures Zintgraf et al.
    2017 (arXiv:1702.04595). Unknown means: the probability averaged over the reference's
    background rows in the feature's place (they sample it given its neighbours). Base 2: one bit
    doubles the odds. Unlike ablation it averages probabilities, whatever scale is explained.
    """

    rows: int = 1000

    direction = "perturbation"
    tasks = ("classification",)
    cost = "instances * (features * background + 1)"
    reference = "doi:10.1109/TKDE.2007.190734; arXiv:1702.04595"

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"rows must be at least 1, not {self.rows}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)`` in bits."""
        reference = replace(bank.reference, output="probability")
        scorer = Scorer(bank.scorer.model, reference, bank.scorer.max_batch)
        inner = CoalitionBank(
            scorer, bank.data, bank.x, bank.targets, bank.ids, bank.seed,
            bank.feature_mask if bank.own_features else None,
        )  # fmt: skip
        unknown = np.broadcast_to(
            ~np.eye(bank.features, dtype=bool), (len(bank), bank.features, bank.features)
        )
        known, without = self.evidence(inner.full, bank), self.evidence(inner.values(unknown), bank)
        return Attribution(known[:, None] - without, "feature", evaluations=inner.evaluations)

    def evidence(self, probability: Array, bank: CoalitionBank) -> Array:
        """log₂ odds of probabilities after the Laplace correction."""
        shrunk = (probability * self.rows + 1) / (self.rows + len(bank.data.classes))
        return np.asarray(np.log2(shrunk / (1 - shrunk)))
