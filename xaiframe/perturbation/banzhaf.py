"""Banzhaf values: the mean marginal contribution over all coalitions alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.fair_coin import Tossed
from xaiframe.probe.sampling import LEAST


@dataclass(frozen=True)
class Banzhaf(Method):
    """v(S with the feature) − v(S without it), averaged over every coalition S of the others.

    samples: coalitions per instance, shared with the methods that ask for as many; at least 4 per
    feature that differs from the background, exact from 2**features − 2 on.

    Banzhaf 1965; for data Wang & Jia 2023 (arXiv:2205.15466), who find its order the steadiest
    under noise. It is the least-squares linear fit of v under a fair coin per feature (Hammer &
    Holzman 1992, doi:10.1007/BF01415694), which is how it is computed. Values need not sum to the
    score. ``error`` is the sandwich estimator over the drawn pairs (HC3); 0 where exact.
    """

    samples: int = 512

    direction = "perturbation"
    stochastic = True
    cost = "instances * min(samples, 2 ** min(features, 60) - 2) * background"
    reference = "arXiv:2205.15466; doi:10.1007/BF01415694"

    def __post_init__(self) -> None:
        if self.samples < 4:
            raise ValueError(f"samples must be at least 4, not {self.samples}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)`` in units of the score.

        Raises NotApplicable when ``samples`` are too few for as many features as an instance has
        that differ from the background.
        """
        before = bank.evaluations
        values, error = (np.zeros((len(bank), bank.features)) for _ in range(2))
        for position, (draw, answers) in enumerate(bank.sample(self.samples, LEAST)):
            active = bank.active[position]
            tossed = Tossed.of(draw, answers, bank.full[position], bank.empty[position])
            values[position, active], error[position, active] = fit(tossed)
        return Attribution(values, "feature", error, evaluations=bank.evaluations - before)


def fit(tossed: Tossed) -> tuple[Array, Array]:
    """Banzhaf values ``(d,)`` and their standard errors: weighted least squares of the odd half,

    which the even half of v and a constant cannot move."""
    root = np.sqrt(tossed.weight)
    solve = np.linalg.pinv(root[:, None] * tossed.side, rcond=1e-10)
    values = solve @ (root * tossed.odd)
    leverage = np.einsum("ij,ji->i", root[:, None] * tossed.side, solve)
    residual = root * (tossed.odd - tossed.side @ values) / np.maximum(1 - leverage, 1e-6)
    return values, tossed.standard_error(solve.T * residual[:, None])
