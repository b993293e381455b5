"""Shortcuts: features that alone tell the target as well as the model, which relies on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.model.face import Model
from xaiframe.probe.likeness import resampling, score
from xaiframe.probe.telling import above_chance, alone, rescaled, some, telling


@dataclass(frozen=True)
class Shortcuts:
    """Per feature: what it tells alone, and what the model loses without the suspects together.

    Of a suspect patch or segment only those elements count that tell the target: without them it
    tells no more than the features that are no suspects (:mod:`xaiframe.probe.telling`).

    power: a feature is a suspect where the skill of a small forest on it alone, out of fold on
    training rows, reaches this share of the model's skill on validation rows.
    share: at most this share of the features can be suspects; where more are, the target is easy
    and no feature is a shortcut.
    rows: at most so many rows of each split. repeats: shuffles of the suspects.

    Skill is balanced accuracy above chance ÷ what there is above chance, or R²: 0 guesses, 1 is
    always right. ``reliance`` is the share of the model's skill that goes when all that tells is
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
        over the shuffles; telling per suspect: by how many of its elements. Table features: alone,
        low, high, suspect, telling, elements; arrays elements.telling ``input_shape``.

        Raises NotApplicable where features differ from instance to instance or the model does no
        better than guessing.
        """
        data, seed = evidence.data, evidence.seed
        if not data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none is a shortcut")
        rng = np.random.default_rng([seed, 641])
        train, validation = (
            some(data.splits[name], self.rows, rng) for name in ("train", "validation")
        )
        answers = evidence.model.predictions(validation.x)
        own = above_chance(data, validation.y, answers)
        if own <= 0:
            raise NotApplicable("the model does no better than guessing on validation rows")
        (ends,) = intervals(data, validation.y, [answers], seed)
        table = told_alone(data, train, seed)
        shares = table["alone"].to_numpy()
        suspects = np.flatnonzero(shares >= self.power * own)
        if len(suspects) > self.share * len(data.features):
            suspects = suspects[:0]
        limit = float(np.delete(shares, suspects).max(initial=0.0))
        tell = telling(data, train, suspects, limit, seed)
        table["suspect"] = np.isin(np.arange(len(data.features)), suspects)
        for name, inside in (("telling", tell), ("elements", np.ones_like(tell))):
            table[name] = np.bincount(data.feature_mask[inside], minlength=len(data.features))
        facts = [
            Fact("skill", own, "share", n=len(validation), interval=ends, better="higher"),
            Fact("suspects", len(suspects), "features", n=len(train), better="lower"),
            *table_facts(table, len(train)),
        ]
        lost = np.zeros(self.repeats)
        if len(suspects):
            lost = self._lost(data, evidence.model, validation, tell, own, rng)
        reach = t.ppf(0.975, self.repeats - 1) * lost.std(ddof=1) / np.sqrt(self.repeats)
        found = float(lost.mean()), (float(lost.mean() - reach), float(lost.mean() + reach))
        facts += [
            Fact(name, found[0], "share of the skill", labels, len(validation), found[1], "lower")
            for name, labels in (
                ("lost", {}),
                *(("reliance", {"feature": data.features[k]}) for k in suspects),
            )
        ]
        return Outcome(facts, {"features": table}, {"elements": {"telling": tell}})

    def _lost(
        self,
        data: Data,
        model: Model,
        rows: Split,
        inside: Array,
        own: float,
        rng: np.random.Generator,
    ) -> Array:
        """``(repeats,)`` share of the skill lost when the elements ``inside`` are another row's."""
        lost = []
        for _ in range(self.repeats):
            other = rows.x[rng.permutation(len(rows))]
            mixed = np.where(inside, other, rows.x)
            lost.append((own - above_chance(data, rows.y, model.predictions(mixed))) / own)
        return np.array(lost)


def told_alone(data: Data, train: Split, seed: int) -> pd.DataFrame:
    """Per feature: feature, alone, low, high: what it tells on training rows, with 95 %."""
    told = [alone(data, train, data.feature_mask == k, seed) for k in range(len(data.features))]
    shares = [above_chance(data, train.y, one) for one in told]
    table = pd.DataFrame({"feature": data.features, "alone": shares})
    table[["low", "high"]] = np.array(intervals(data, train.y, told, seed))
    return table


def table_facts(table: pd.DataFrame, n: int) -> Iterator[Fact]:
    """alone of every feature, telling of every suspect."""
    forest = source("scikit-learn")
    for row in table.to_dict("records"):
        label, ends = {"feature": str(row["feature"])}, (row["low"], row["high"])
        yield Fact("alone", row["alone"], "share", label, n, ends, source=forest)
    for row in table[table["suspect"]].to_dict("records"):
        label = {"feature": str(row["feature"])}
        yield Fact("telling", row["telling"], "elements", label, n, source=forest)


def intervals(data: Data, y: Array, told: Sequence[Array], seed: int) -> list[tuple[float, float]]:
    """95 % of :func:`above_chance` of each of several answers ``(n,)`` when the rows are drawn
    again, within their classes."""
    weights = resampling(y if data.classes else np.zeros(len(y), dtype=int), seed)
    drawn = [rescaled(data, y, score(y, one, weights, data.task)) for one in told]
    ends = [np.nanquantile(one, [0.025, 0.975]) for one in drawn]
    return [(float(low), float(high)) for low, high in ends]
