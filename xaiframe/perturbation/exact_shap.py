"""Exact Shapley values by asking about every coalition."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.libraries import shap


@dataclass(frozen=True)
class ExactShap(Method):
    """Shapley values of the score against the reference's background, by enumeration.

    limit: most features that may differ from the background, 1 to 20; 2**limit coalitions are
    asked of each instance.
    engine: own, or the library: shap's ExactExplainer.

    Shapley 1953 (doi:10.1515/9781400881970-018), interventional as in KernelSHAP. ``values`` sum
    to score − base; ``base`` is the expected score of the background. There is no error to state.
    """

    limit: int = 12
    engine: Literal["own", "library"] = "own"

    direction = "perturbation"
    additive = True
    counterpart = "shap"
    cost = "instances * 2 ** min(features, limit) * background"
    reference = "doi:10.1515/9781400881970-018"

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= 20:
            raise ValueError(f"limit must be 1 to 20, not {self.limit}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)``.

        Raises NotApplicable where more than ``limit`` features differ from the background.
        """
        if self.engine == "library":
            return shap.exact_shap(bank, self.limit)
        most = int(bank.active.sum(axis=1).max(initial=0))
        if most > self.limit:
            raise NotApplicable(
                f"{most} features differ from the background: 2**{most} coalitions; "
                f"limit is {self.limit}, kernel_shap samples them"
            )
        before = bank.evaluations
        every = (np.arange(2**most)[:, None] >> np.arange(most)) & 1 == 1
        masks = np.ones((len(bank), len(every), bank.features), dtype=bool)
        for own, active in zip(masks, bank.active, strict=True):
            own[:, active] = every[:, : active.sum()]
        worth = bank.values(masks)
        values = np.zeros((len(bank), bank.features))
        for position, active in enumerate(bank.active):
            players = int(active.sum())
            values[position, active] = shapley(worth[position, : 2**players], players)
        evaluations = bank.evaluations - before
        return Attribution(values, "feature", None, bank.empty, evaluations)


def shapley(worth: Array, players: int) -> Array:
    """``(players,)`` from the worth ``(2**players,)`` of each coalition, indexed by its bits."""
    number = np.arange(len(worth))
    size = np.array([int(one).bit_count() for one in number])
    weight = 1 / (players * np.array([comb(players - 1, s) for s in range(players)]))
    values = np.empty(players)
    for player in range(players):
        without = number[(number >> player) & 1 == 0]
        gain = worth[without | (1 << player)] - worth[without]
        values[player] = weight[size[without]] @ gain
    return values
