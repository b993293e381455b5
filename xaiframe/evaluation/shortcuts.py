"""Shortcuts: features that alone tell the target as well as the model, which relies on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import cross_val_predict

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.model.face import Model
from xaiframe.probe.likeness import headline, resampling, score

TREES = 20
FOLDS = 3


@dataclass(frozen=True)
class Shortcuts:
    """Per feature: what it tells alone, and what the model loses without the suspects together.

    power: a feature is a suspect where the skill of a small forest on it alone, out of fold on
    training rows, reaches this share of the model's skill on validation rows.
    share: at most this share of the features can be suspects; where more are, the target is easy
    and no feature is a shortcut.
    rows: at most so many rows of each split. repeats: shuffles of the suspects.

    Skill is balanced accuracy above chance ÷ what there is above chance, or R²: 0 guesses, 1 is
    always right. ``reliance`` is the share of the model's skill that goes when all suspects are
    shuffled together between validation rows: copies of one shortcut stand in for each other, so
    that shuffling one alone would show nothing. Only the perturbation side is asked: an average of
    both directions hid planted shortcuts. After Geirhos et al. 2020 (arXiv:2004.07780) and Ross
    et al. 2017 (arXiv:1703.03717). No test row is read.
    """

    power: float = 0.95
    share: float = 0.5
    rows: int = 1000
    repeats: int = 5

    modalities = ("table", "image", "series")
    tasks = ("classification", "regression")
    cost = "rows * (repeats + 1)"
    reference = "arXiv:2004.07780"

    def __post_init__(self) -> None:
        for name in ("power", "share"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie above 0, up to 1, not {getattr(self, name)}")
        if self.rows < 30 or self.repeats < 2:
            raise ValueError("rows start at 30, repeats at 2")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts skill, alone per feature (intervals over the rows), suspects (how many), and lost:
        the share of the skill that goes with them, also as reliance per suspect; its interval is
        over the shuffles. Table features: alone, low, high, suspect.

        Raises NotApplicable where features differ from instance to instance or the model does no
        better than guessing.
        """
        data, seed = evidence.data, evidence.seed
        if not data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none is a shortcut")
        rng = np.random.default_rng([seed, 641])
        train, validation = (self._some(data.splits[name], rng) for name in ("train", "validation"))
        answers = evidence.model.predictions(validation.x)
        own = above_chance(data, validation.y, answers)
        if own <= 0:
            raise NotApplicable("the model does no better than guessing on validation rows")
        told = [self._alone(data, train, k, seed) for k in range(len(data.features))]
        alone = np.array([above_chance(data, train.y, one) for one in told])
        spread = intervals(data, train.y, told, seed)
        (ends,) = intervals(data, validation.y, [answers], seed)
        suspects = np.flatnonzero(alone >= self.power * own)
        if len(suspects) > self.share * len(data.features):
            suspects = suspects[:0]
        facts = [
            Fact("skill", own, "share", n=len(validation), interval=ends, better="higher"),
            Fact("suspects", len(suspects), "features", n=len(train), better="lower"),
            *(
                Fact("alone", float(alone[k]), "share", {"feature": name}, len(train), spread[k],
                     source=source("scikit-learn"))
                for k, name in enumerate(data.features)
            ),
        ]  # fmt: skip
        table = pd.DataFrame({"feature": data.features, "alone": alone})
        table[["low", "high"]] = np.array(spread)
        table["suspect"] = np.isin(np.arange(len(data.features)), suspects)
        lost = np.zeros(self.repeats)
        if len(suspects):
            lost = self._lost(data, evidence.model, validation, suspects, own, rng)
        reach = t.ppf(0.975, self.repeats - 1) * lost.std(ddof=1) / np.sqrt(self.repeats)
        found = float(lost.mean()), (float(lost.mean() - reach), float(lost.mean() + reach))
        facts += [
            Fact(name, found[0], "share of the skill", labels, len(validation), found[1], "lower")
            for name, labels in (
                ("lost", {}),
                *(("reliance", {"feature": data.features[k]}) for k in suspects),
            )
        ]
        return Outcome(facts, {"features": table})

    def _some(self, split: Split, rng: np.random.Generator) -> Split:
        if len(split) <= self.rows:
            return split
        return split.take(np.sort(rng.choice(len(split), self.rows, replace=False)))

    def _alone(self, data: Data, train: Split, feature: int, seed: int) -> Array:
        """``(n,)`` out-of-fold answers of a forest that sees one feature's elements only; of one
        that sees nothing where they never vary."""
        seen = train.x.reshape(len(train), -1)[:, data.feature_mask.reshape(-1) == feature]
        if not np.ptp(seen, axis=0).any():
            return constant(data, train.y)
        forest = RandomForestClassifier if data.classes else RandomForestRegressor
        small = forest(TREES, min_samples_leaf=3, random_state=seed % 2**32)
        try:
            return np.asarray(cross_val_predict(small, seen, train.y, cv=FOLDS))
        except ValueError as error:  # a class with fewer rows than folds
            raise NotApplicable(f"the training rows cannot be parted: {error}") from error

    def _lost(
        self,
        data: Data,
        model: Model,
        rows: Split,
        suspects: Array,
        own: float,
        rng: np.random.Generator,
    ) -> Array:
        """``(repeats,)`` share of the skill lost when the suspects come from another row."""
        inside = np.isin(data.feature_mask, suspects)
        lost = []
        for _ in range(self.repeats):
            other = rows.x[rng.permutation(len(rows))]
            mixed = np.where(inside, other, rows.x)
            lost.append((own - above_chance(data, rows.y, model.predictions(mixed))) / own)
        return np.array(lost)


def constant(data: Data, y: Array) -> Array:
    """``(n,)`` the answers of what knows nothing: the first class, or the mean."""
    return np.zeros_like(y) if data.classes else np.full(len(y), y.mean())


def above_chance(data: Data, y: Array, told: Array) -> float:
    """Balanced accuracy above chance ÷ what there is above it, or R²; 0 guesses, 1 is right."""
    return float(_above(data, y, np.array(headline(y, told, data.task))))


def intervals(data: Data, y: Array, told: Sequence[Array], seed: int) -> list[tuple[float, float]]:
    """95 % of :func:`above_chance` of each of several answers ``(n,)`` when the rows are drawn
    again, within their classes."""
    weights = resampling(y if data.classes else np.zeros(len(y), dtype=int), seed)
    drawn = [_above(data, y, score(y, one, weights, data.task)) for one in told]
    ends = [np.nanquantile(one, [0.025, 0.975]) for one in drawn]
    return [(float(low), float(high)) for low, high in ends]


def _above(data: Data, y: Array, right: Array) -> Array:
    if not data.classes:
        return right
    chance = 1 / len(np.unique(y))
    return (right - chance) / (1 - chance) if chance < 1 else np.zeros_like(right)
