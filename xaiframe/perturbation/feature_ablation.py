"""Feature ablation (occlusion): what the score loses when one feature is absent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.libraries import captum


@dataclass(frozen=True)
class FeatureAblation(Method):
    """v(all features) − v(all but one), per feature; exact, in units of the score.

    engine: own, or the library: captum's FeatureAblation.

    Zeiler & Fergus 2014 (arXiv:1311.2901): there a grey square slides over the picture; here each
    column or patch shows the reference's background, averaged over its rows. Two features that
    can replace each other both lose nothing, so the values need not sum to anything.
    """

    engine: Literal["own", "library"] = "own"

    direction = "perturbation"
    counterpart = "captum"
    cost = "instances * (features * background + 1)"
    reference = "arXiv:1311.2901"

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)`` of the bank's instances."""
        if self.engine == "library":
            return captum.feature_ablation(bank)
        before = bank.evaluations
        all_but_one = np.broadcast_to(
            ~np.eye(bank.features, dtype=bool), (len(bank), bank.features, bank.features)
        )
        values = bank.full[:, None] - bank.values(all_but_one)
        return Attribution(values, "feature", evaluations=bank.evaluations - before)
