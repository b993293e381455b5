"""RISE over features: the mean score of the random coalitions that keep a feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.fair_coin import Tossed


@dataclass(frozen=True)
class Rise(Method):
    """Mean v(S) of the coalitions that hold the feature, less the mean of all coalitions.

    samples: coalitions per instance, shared with the methods that ask for as many, at least 4.

    Petsiuk, Das & Saenko 2018 (arXiv:1806.07421). Theirs are smooth random masks over a picture
    and the plain mean; here each interpretable feature is kept or shows the background by a fair
    coin, and what all coalitions score is taken off, so that the sign says for or against. Then it
    estimates half the Banzhaf value, without the help of a regression. ``error`` is the standard
    error over the drawn pairs.
    """

    samples: int = 512

    direction = "perturbation"
    stochastic = True
    cost = "instances * min(samples, 2 ** min(features, 60) - 2) * background"
    reference = "arXiv:1806.07421"

    def __post_init__(self) -> None:
        if self.samples < 4:
            raise ValueError(f"samples must be at least 4, not {self.samples}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)`` in units of the score."""
        before = bank.evaluations
        values, error = (np.zeros((len(bank), bank.features)) for _ in range(2))
        for position, (draw, answers) in enumerate(bank.sample(self.samples)):
            active = bank.active[position]
            tossed = Tossed.of(draw, answers, bank.full[position], bank.empty[position])
            share = tossed.weight / tossed.weight.sum()
            held = 2 * tossed.side * tossed.odd[:, None]
            values[position, active] = share @ held
            influence = share[:, None] * (held - values[position, active])
            error[position, active] = tossed.standard_error(influence)
        return Attribution(values, "feature", error, evaluations=bank.evaluations - before)
