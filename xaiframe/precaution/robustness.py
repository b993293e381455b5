"""Robustness: what small changes of the input, natural and adversarial, do to the predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.model.face import Model
from xaiframe.precaution.attacks.adversarial import ATTACKS, Adversary, able
from xaiframe.precaution.corruptions.flips import Part, bounded, score_fact, tables
from xaiframe.precaution.corruptions.natural import held_back, natural


@dataclass(frozen=True)
class Robustness:
    """Score on test rows as they are, under natural corruptions of three severities, and under
    gradient attacks where the model yields gradients; and which predictions change.

    Corruptions need no gradient: noise, blur, contrast, brightness, occlusion (pictures); typos,
    case, word dropout (messages); jitter, scaling, dropout of a stretch (series); jitter, missing
    and swapped cells (tables). Attacks: FGSM, projected gradient descent, and the smallest change
    of L∞ size that gives another answer; on tables they move numbers only, messages they cannot.

    sample, attacked, searched
        test rows that are corrupted, attacked, and whose smallest change is searched for.
    radii, limit
        of the attacks, and of that search: standard deviations of each column or channel, of
        pictures shares of their range of levels.
    steps, halvings
        of projected gradient descent, and of the search on a logarithmic scale.
    listed
        most examples of changed predictions from each side.
    """

    phase = "fitted"
    modalities = ("table", "image", "text", "series")
    cost = (
        "sample * 22 + gradient * (attacked * (radii * (steps + 3) + steps + 3)"
        " + searched * (halvings + 11) * (steps + 1))"
    )

    sample: int = 500
    attacked: int = 200
    radii: Sequence[float] = field(default=(0.02, 0.05, 0.1, 0.2))
    searched: int = 100
    limit: float = 2.0
    steps: int = 10
    halvings: int = 6
    listed: int = 8

    def __post_init__(self) -> None:
        if min(self.sample, self.attacked, self.searched, self.steps, self.listed) < 1:
            raise ValueError("robustness: sample, attacked, searched, steps and listed start at 1")
        if not self.radii or min(self.radii) <= 0 or self.limit <= 0 or self.halvings < 0:
            raise ValueError("robustness: radii and limit above 0, halvings at least 0")

    def __call__(self, data: Data, model: Model, seed: int) -> Outcome:
        """Facts clean_score, score and flipped_share per corruption and severity,
        flipped_by_small_noise per corruption, adversarial_score per attack and radius,
        median_minimal_perturbation, and on validation rows flipped_by_small_noise_validation and
        adversarial_flipped_validation; tables scores, examples, smallest."""
        rows = bounded(data.test, self.sample, seed)
        if not len(rows):
            raise NotApplicable("there are no test rows")
        before = model.predictions(rows.x)
        clean = score_fact("clean_score", data, rows.y, before, seed)
        corrupted = natural(data, model, rows, before, seed, self.listed)
        validation = bounded(data.validation, self.sample, seed)
        decisive = held_back(data, model, validation, seed)
        attacks, size = self._attacks(data, model, rows, validation, seed)
        parts = [*attacks, corrupted]
        facts = [clean, *corrupted.facts, decisive, *(one for p in attacks for one in p.facts)]
        return Outcome(facts, {**tables(parts), "smallest": size}, pictures(data, parts))

    def _attacks(
        self, data: Data, model: Model, rows: Split, validation: Split, seed: int
    ) -> tuple[list[Part], pd.DataFrame]:
        """What the attacks found, or why there are none, and the smallest change per row."""
        adversary = Adversary(self.radii, self.limit, self.steps, self.halvings)
        rows = bounded(rows, self.attacked, seed)
        few = bounded(rows, self.searched, seed)
        try:
            attacked = adversary.scores(data, able(model), rows, seed)
            held = bounded(validation, self.attacked, seed)
            attacked.facts.append(adversary.flipped(data, able(model), held))
            found, size = adversary.smallest(data, able(model), few, self.listed)
        except NotApplicable as why:
            return [Part(facts=_without(str(why)))], _sizes(few.ids[:0], np.empty(0))
        return [attacked, found], _sizes(few.ids, size)


def _sizes(ids: Array, size: Array) -> pd.DataFrame:
    """id, size of the smallest change that gives another answer, none where it was not found."""
    found = np.where(np.isfinite(size), size, np.nan)
    return pd.DataFrame({"id": ids.astype(np.int64), "size": found.astype(np.float64)})


def _without(reason: str) -> list[Fact]:
    labels = [{"attack": name} for name in ATTACKS]
    scores = [Fact("adversarial_score", None, "", one, better="higher", reason=reason)
              for one in labels]  # fmt: skip
    smallest = Fact("median_minimal_perturbation", None, better="higher", reason=reason)
    flipped = Fact("adversarial_flipped_validation", None, better="lower", reason=reason)
    return [*scores, flipped, smallest]


def pictures(data: Data, parts: list[Part]) -> dict[str, dict[str, Array]]:
    """``inputs``: before and after ``(examples, *input_shape)``, of pictures and series."""
    pairs = [pair for part in parts for pair in part.inputs]
    if data.modality not in ("image", "series") or not pairs:
        return {}
    before, after = (np.stack([pair[k] for pair in pairs]) for k in (0, 1))
    return {"inputs": {"before": before, "after": after}}
