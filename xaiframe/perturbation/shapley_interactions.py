"""Shapley interactions: what two features do together beyond what each does alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.interactions import Interactions
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.pairs import Game, faithful_weight, pairs_of, shapley_weight, taylor_weight

WEIGHTS = {
    "k_sii": shapley_weight,
    "faith_shap": faithful_weight,
    "shapley_taylor": taylor_weight,
}


@dataclass(frozen=True)
class ShapleyInteractions(Method):
    """Δ = v(S with both) − v(S with one) − v(S with the other) + v(S), averaged over coalitions S.

    index: ``k_sii`` averages as the Shapley value does (Grabisch & Roubens 1999,
    doi:10.1007/s001820050125); ``faith_shap`` is the best fit of v by main effects and pairs
    (Tsai, Yeh & Ravikumar 2023, arXiv:2203.00870); ``shapley_taylor`` leaves a feature alone what
    it does alone, v({i}) − v(∅), and gives pairs all else (Sundararajan, Dhamdhere & Agarwal 2020,
    arXiv:1902.05620). In all, a main effect is the feature's Shapley value less half of its pairs
    (Bordt & von Luxburg 2023, arXiv:2209.04012), so that main effects and pairs sum to
    score − base.
    samples: coalitions per instance, at least 4 per feature that differs from the background and
    4 per pair asked about; exact from 2**features − 2 on, so 4096 are exact for 12 features.
    top: features whose pairs are asked about, at least 2: those whose coming first or leaving last
    moves the score most. The pairs of the others stay in the main effects.

    Each coalition speaks of every pair (Fumagalli et al. 2023, arXiv:2303.01179); a fit of v by
    pairs stands in for coalitions that were not drawn, and what it leaves over is weighted up,
    which keeps the estimate unbiased. ``error`` is the standard error over the drawn coalitions,
    residuals corrected for leverage (HC3); 0 where exact.
    """

    index: Literal["k_sii", "faith_shap", "shapley_taylor"] = "k_sii"
    samples: int = 4096
    top: int = 24

    direction = "perturbation"
    kind = "interactions"
    stochastic = True
    cost = "instances * min(samples, 2 ** min(features, 60) - 2) * background"
    reference = "doi:10.1007/s001820050125; arXiv:2203.00870; arXiv:1902.05620; arXiv:2303.01179"

    def __post_init__(self) -> None:
        if self.index not in WEIGHTS:
            raise ValueError(f"index must be one of {', '.join(WEIGHTS)}, not {self.index}")
        if self.samples < 4:
            raise ValueError(f"samples must be at least 4, not {self.samples}")
        if self.top < 2:
            raise ValueError(f"top must be at least 2, not {self.top}")

    def explain(self, bank: CoalitionBank) -> Interactions:
        """Pairs and main effects of every instance, in units of the score.

        Raises NotApplicable when ``samples`` are too few for as many features as an instance has
        that differ from the background.
        """
        self._check(int(bank.active.sum(axis=1).max(initial=0)))
        before, names = bank.evaluations, np.array(bank.data.features, dtype=object)
        pairs, alone = [], []
        for position, (draw, answers) in enumerate(bank.sample(self.samples)):
            game = Game.of(draw, answers, bank.full[position], bank.empty[position])
            own = names[np.flatnonzero(bank.active[position])]
            chosen, together, single = self._solve(game)
            who = {"id": bank.ids[position]}
            pairs.append(
                pd.DataFrame(
                    {
                        **{"first": own[chosen[:, 0]], "second": own[chosen[:, 1]]},
                        **{"value": together[0], "error": together[1]},
                    }
                ).assign(**who)
            )
            alone.append(
                pd.DataFrame({"feature": own, "value": single[0], "error": single[1]}).assign(**who)
            )
        return Interactions(
            index=self.index,
            pairs=pd.concat(pairs, ignore_index=True),
            alone=pd.concat(alone, ignore_index=True),
            aligned=bank.data.aligned and not bank.own_features,
            n=len(bank),
            evaluations=bank.evaluations - before,
        )

    def _check(self, features: int) -> None:
        kept = min(features, self.top)
        needed = min(max(4 * features, 2 * kept * (kept - 1)), 2**features - 2)
        if self.samples < needed:
            raise NotApplicable(
                f"{self.samples} coalitions are too few for the pairs of {kept} of {features} "
                f"features; set samples to at least {needed}, or top to fewer"
            )

    def _solve(self, game: Game) -> tuple[Array, tuple[Array, Array], tuple[Array, Array]]:
        """The pairs asked about ``(k, 2)``, and values with errors of pairs and of singles."""
        chosen = pairs_of(game.leading(self.top))
        values, influence = game.shapley()
        together = np.zeros((len(game.inside), 0))
        joint = np.zeros(0)
        if len(chosen):
            joint, together = game.interactions(chosen, WEIGHTS[self.index])
        # half of each pair's value belongs to either of its features
        half = (chosen[:, :, None] == np.arange(game.players)).any(axis=1) / 2
        main = values - joint @ half
        errors = game.standard_error(together), game.standard_error(influence - together @ half)
        return chosen, (joint, errors[0]), (main, errors[1])
