"""Permutation SHAP: Shapley values as mean gains along random orders of the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.libraries import shap


@dataclass(frozen=True)
class PermutationShap(Method):
    """What each feature adds when the features enter one after the other, averaged over orders.

    permutations: orders per instance, at least 2; each is also walked backwards, which cancels
    the interactions of two features (Mitchell et al. 2022, arXiv:2104.12199).
    engine: own, or the library: shap's PermutationExplainer with as many.

    Castro, Gómez & Tejada 2009 (doi:10.1016/j.cor.2008.04.004). Interventional, against the
    reference's background. Every walk begins at none and ends at all, so ``values`` sum to
    score − base exactly; ``error`` is the standard error over the pairs of walks.
    """

    permutations: int = 10
    engine: Literal["own", "library"] = "own"

    direction = "perturbation"
    additive = True
    stochastic = True
    counterpart = "shap"
    cost = "instances * 2 * permutations * features * background"
    reference = "doi:10.1016/j.cor.2008.04.004; arXiv:2104.12199"

    def __post_init__(self) -> None:
        if self.permutations < 2:
            raise ValueError(f"permutations must be at least 2, not {self.permutations}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)`` in units of the score."""
        if self.engine == "library":
            return shap.permutation_shap(bank, self.permutations)
        before, n = bank.evaluations, len(bank)
        drawn = [bank.rng(position, "permutations") for position in range(n)]
        gains = np.empty((self.permutations, n, bank.features))
        for number in range(self.permutations):
            orders = np.stack([one.permutation(bank.features) for one in drawn])
            gains[number] = (walk(bank, orders) + walk(bank, orders[:, ::-1])) / 2
        spread = gains.std(axis=0, ddof=1) / np.sqrt(self.permutations)
        evaluations = bank.evaluations - before
        return Attribution(gains.mean(axis=0), "feature", spread, bank.empty, evaluations)


def walk(bank: CoalitionBank, orders: Array) -> Array:
    """``(n, features)``: what each feature adds when they enter in ``orders`` ``(n, features)``."""
    place = orders.argsort(axis=1)
    steps = np.arange(bank.features + 1)
    worth = bank.values(place[:, None, :] < steps[None, :, None])
    return np.asarray(np.take_along_axis(np.diff(worth, axis=1), place, axis=1))
