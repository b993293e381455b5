"""Sufficiency and comprehensiveness: are the words called important enough, and all of them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.removals import places
from xaiframe.evaluation.statistics import mean
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.score import Scorer

SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)
"""The shares of words that ERASER averages over."""
RANDOM = "random"
WANTED: Mapping[str, Better] = {"comprehensiveness": "higher", "sufficiency": "lower"}


@dataclass(frozen=True)
class Sufficiency:
    """What the probability of the target loses without the first words, and with them alone.

    instances: most messages measured, spread evenly.

    DeYoung et al. 2020 (ERASER, arXiv:1911.03429), averaged over 1, 5, 10, 20 and 50 % of a
    message's words, at least one, the most supporting first. Comprehensiveness (taken out) should
    be **high**, sufficiency (kept alone) **low**, negative where the words alone do better. The
    control orders the words at random.
    """

    instances: int = 24

    modalities = ("text",)
    tasks = ("classification",)
    cost = "instances * background * 10 * (methods + 1)"
    reference = "arXiv:1911.03429"

    def __post_init__(self) -> None:
        if self.instances < 2:
            raise ValueError(f"instances must be at least 2, not {self.instances}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts comprehensiveness and sufficiency per method and of the control.

        Raises NotApplicable when no local attribution was explained.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        likely = replace(evidence.reference, output="probability")
        positions = evenly(len(evidence.ids), self.instances)
        scorer = Scorer(evidence.model, likely, evidence.scorer.max_batch)
        bank = replace(evidence, scorer=scorer).coalitions(positions)
        there = evidence.present(positions)
        drawn = np.stack(
            [bank.rng(i, "word order").random(bank.features) for i in range(len(bank))]
        )
        asked = {
            name: one.values[positions] if one.signed else np.abs(one.values[positions])
            for name, one in evidence.local.items()
        }
        outcome = Outcome()
        for name, values in {**asked, RANDOM: drawn}.items():
            both = self._lost(bank, values, there)
            for (quantity, better), lost in zip(WANTED.items(), both, strict=True):
                found = mean(lost, evidence.seed)
                outcome.facts.append(found.fact(quantity, {"method": name}, "probability", better))
        return outcome

    def _lost(self, bank: CoalitionBank, values: Array, there: Array) -> tuple[Array, Array]:
        """``(n,)`` each: mean loss without the first words, and with them alone."""
        order = places(bank, values, there)
        counts = np.maximum(1, np.round(np.array(SHARES) * there.sum(axis=1)[:, None]))
        named = (order[:, None] < counts[:, :, None]) & there[:, None]
        kept = bank.values(np.concatenate([~named, named | ~there[:, None]], axis=1))
        lost = bank.full[:, None] - kept
        return lost[:, : len(SHARES)].mean(axis=1), lost[:, len(SHARES) :].mean(axis=1)
