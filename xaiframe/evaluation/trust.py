"""Trust: does the agreement of the two directions tell right answers from wrong ones?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Asked, Evidence
from xaiframe.evaluation.statistics import Estimate, absent, interval, rank_correlations
from xaiframe.explanation import Array, Outcome

DRAWS = 1000
CHEAP = {
    "perturbation": ("feature_ablation", "kernel_shap"),
    "gradient": ("input_x_gradient", "integrated_gradients"),
}
"""Preferred methods of each direction: the first that was explained is asked about every row."""


@dataclass(frozen=True)
class Trust:
    """AUROC of P–G agreement, of the model's confidence, and of both, against being right.

    rows: most rows of the test split that are explained for this, drawn at random; the explained
    instances would not do, since cases among them are chosen by confidence. least: right and
    wrong answers that there must be of each.

    Agreement is the rank correlation of one method of each direction on the row's predicted
    class; confidence the largest probability (Hendrycks & Gimpel 2017, arXiv:1610.02136). ``gain``
    is the AUROC of their mean rank less that of confidence alone: whether agreement knows anything
    beyond it. The interval resamples rows. 0.5 tells nothing.
    """

    rows: int = 200
    least: int = 5

    modalities = ("table", "image", "text", "series")
    tasks = ("classification",)
    cost = "rows * (features * background + 2)"
    reference = "arXiv:1610.02136"

    def __post_init__(self) -> None:
        if self.rows < 2 or self.least < 1:
            raise ValueError("rows start at 2, least at 1")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts agreement_auroc, confidence_auroc, both_auroc, gain; table rows.

        Raises NotApplicable when a direction has no local attribution.
        """
        pair = [self._method(evidence, direction) for direction in CHEAP]
        test = evidence.data.test
        count = min(self.rows, len(test))
        rng = np.random.default_rng([evidence.seed, 621])
        rows = test.take(np.sort(rng.choice(len(test), count, replace=False)))
        likely = evidence.model.probabilities(rows.x)
        predicted = likely.argmax(axis=1)
        asked = Asked(rows.x, predicted, rows.ids, rows.mask)
        answers = evidence.reexplain(evidence.model, asked, pair)
        failed = [name for name in pair if name not in answers]
        if failed:
            raise NotApplicable(f"{failed[0]} could not explain these rows")
        p, g = (evidence.local[name] for name in pair)
        sides = [answers[name] for name in pair]
        if not (p.signed and g.signed):
            sides = [np.abs(one) for one in sides]
        there = evidence.data.present(rows.x, rows.mask)
        table = pd.DataFrame(
            {
                "id": rows.ids,
                "right": predicted == rows.y,
                "confidence": likely.max(axis=1),
                "agreement": rank_correlations(sides[0], sides[1], there),
            }
        )
        labels = dict(zip(("p", "g"), pair, strict=True))
        found = self._auroc(table, evidence.seed)
        facts = [
            one.fact(name, labels, "AUROC" if name != "gain" else "AUROC difference", "higher")
            for name, one in found.items()
        ]
        return Outcome(facts, {"rows": table})

    def _method(self, evidence: Evidence, direction: str) -> str:
        voices = [one.method for one in evidence.voices(direction, signed=False)]
        if not voices:
            raise NotApplicable(f"no {direction} method explained single rows")
        return next((name for name in CHEAP[direction] if name in voices), voices[0])

    def _auroc(self, table: pd.DataFrame, seed: int) -> dict[str, Estimate]:
        known = table[np.isfinite(table["agreement"])]
        right = known["right"].to_numpy()
        names = ("agreement_auroc", "confidence_auroc", "both_auroc", "gain")
        few = min(right.sum(), (~right).sum())
        if few < self.least:
            which = "wrong" if (~right).sum() == few else "right"
            why = f"only {few} of {len(right)} answers are {which}, {self.least} are needed"
            return dict.fromkeys(names, absent(why))
        agreement, confidence = known["agreement"].to_numpy(), known["confidence"].to_numpy()
        both = rankdata(agreement) + rankdata(confidence)
        draws = np.random.default_rng([seed, 622]).integers(0, len(right), (DRAWS, len(right)))
        each = {}
        for name, score in zip(names, (agreement, confidence, both), strict=False):
            resampled = np.array([auroc(score[draw], right[draw]) for draw in draws])
            each[name] = (auroc(score, right), resampled)
        own, alone = each["both_auroc"], each["confidence_auroc"]
        each["gain"] = (own[0] - alone[0], own[1] - alone[1])
        return {
            name: Estimate(value, interval(resampled), len(right))
            for name, (value, resampled) in each.items()
        }


def auroc(score: Array, right: Array) -> float:
    """The chance that a right row scores above a wrong one, ties half (Mann–Whitney); NaN where
    either is missing."""
    positive = int(right.sum())
    negative = len(right) - positive
    if not positive or not negative:
        return float("nan")
    ranks = rankdata(score)[right].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * negative))
