"""Fit gap: too little learnt, or too much by heart: dummy, probe and fitted model side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better, Fact
from xaiframe.model.face import Model
from xaiframe.precaution.columns import sample
from xaiframe.precaution.fitting.gap import Score, gain, loss, score_table
from xaiframe.precaution.fitting.segment import Segment
from xaiframe.precaution.fitting.slice_search import ROWS, weakness
from xaiframe.precaution.learning.probing import folds_of, forest, probed, teachable
from xaiframe.precaution.measure import central, resampled_means

SPLITS = ("train", "validation", "test")
Answers = Mapping[str, Array | None]
"""Split → predictions ``(n,)``, or None where there are none."""


@dataclass(frozen=True)
class FitGap:
    """Score of the fitted model, of a dummy and of a cross-validated random forest, per split.

    Score: balanced accuracy or R². The dummy answers the commonest class or the mean of the
    training split. The probe sees the model's inputs, of messages how often each word occurs, of
    series their measured properties and the means of their segments; its score on the training
    split is out of fold, since a forest knows its own rows by heart.

    folds, trees, sample
        of the probe: cross-validation folds, trees, most training rows read.
    minimum
        fewest rows of a segment that is judged. Segments speak of up to three features, numeric
        and categorical together, and are searched for among at most 4000 held-out rows.
    parts
        quantile slices of a numeric column.
    listed
        most segments in the table, the weakest first.
    """

    phase = "fitted"
    modalities = ("table", "image", "text", "series")
    cost = "rows"

    folds: int = 5
    trees: int = 100
    sample: int = 2000
    minimum: int = 30
    parts: int = 4
    listed: int = 100

    def __post_init__(self) -> None:
        if self.folds < 2 or self.trees < 1 or self.parts < 2:
            raise ValueError("fit_gap: at least 2 folds, 1 tree and 2 parts")
        if self.minimum < 2 or self.sample < 1 or self.listed < 1:
            raise ValueError("fit_gap: minimum at least 2, sample and listed at least 1")

    def __call__(self, data: Data, model: Model, seed: int) -> Outcome:
        """Facts score per model and split, probe_score, gain_over_dummy (test), relative_loss
        (train→test), relative_loss_validation (train→validation), weakest_segment and
        weakest_segment_null05; tables scores and segments."""
        fitted = {name: model.predictions(data.splits[name].x) for name in SPLITS}
        answers: dict[str, Answers] = {
            "dummy": dummy(data),
            "probe": self._probe(data, seed),
            "fitted": fitted,
        }
        scores = {
            (who, name): Score.of(data, data.splits[name].y, told, seed)
            for who, by_split in answers.items()
            for name, told in by_split.items()
        }
        facts = [score.fact(data, *key) for key, score in scores.items()]
        facts.append(
            replace(scores["probe", "train"].fact(data, "probe"), name="probe_score", labels={})
        )
        facts += [gain(scores), *(loss(scores, name) for name in ("test", "validation"))]
        weak, segments = self._segments(data, fitted, seed)
        return Outcome(
            facts=[*facts, *weak], tables={"scores": score_table(scores), "segments": segments}
        )

    def _probe(self, data: Data, seed: int) -> Answers:
        rows = sample(len(data.train), self.sample, seed)
        x, y = probed(data.train, data)[rows], data.train.y[rows]
        if not teachable(y, data.task, self.folds):
            return dict.fromkeys(SPLITS)
        # the score counts classes equally: so does the forest
        options = {"class_weight": "balanced"} if data.task == "classification" else {}
        probe = forest(data.task, self.trees, seed, min_samples_leaf=2, **options)
        out_of_fold: Array = np.full(len(data.train), np.nan)
        for fit, held in folds_of(y, data.task, self.folds, seed):
            out_of_fold[rows[held]] = probe.fit(x[fit], y[fit]).predict(x[held])
        probe.fit(x, y)
        later = {name: data.splits[name] for name in SPLITS[1:]}
        told = {
            name: probe.predict(probed(split, data)) if len(split) else y[:0]
            for name, split in later.items()
        }
        return {"train": out_of_fold, **told}

    def _segments(
        self, data: Data, answers: Mapping[str, Array], seed: int
    ) -> tuple[list[Fact], pd.DataFrame]:
        held = ("validation", "test")
        frame = pd.concat([data.splits[name].frame for name in held], ignore_index=True)
        truth = np.concatenate([data.splits[name].y for name in held])
        told = np.concatenate([answers[name] for name in held])
        rows = sample(len(truth), ROWS, seed)
        frame, truth, told = frame.iloc[rows].reset_index(drop=True), truth[rows], told[rows]
        credit = credits_of(truth, told, data.task)
        if credit is None or len(credit) < 2 * self.minimum:
            reason = f"{len(truth)} held-out rows: fewer than 2 × {self.minimum}"
            if credit is None:
                reason = "the target is constant over the held-out rows"
            return [weakest_fact("weakest_segment", None, len(truth), reason)], segment_table(
                [], []
            )
        found = weakness(frame, credit, self.minimum, np.arange(1, self.parts) / self.parts, seed)
        table = segment_table(found.judged, found.small, credit, self.minimum).head(self.listed)
        if not found.judged:
            reason = f"no segment has {self.minimum} rows"
            return [weakest_fact("weakest_segment", None, len(truth), reason)], table
        worst = found.judged[0]
        return [
            weakest(worst, credit, seed),
            weakest_fact("weakest_segment_null05", found.chance, int(worst.rows.sum())),
        ], table


def dummy(data: Data) -> Answers:
    """The commonest class, or the mean, of the training split for every row."""
    y = data.train.y
    if len(y) == 0:
        return dict.fromkeys(SPLITS)
    answer = np.bincount(y).argmax() if data.task == "classification" else y.mean(dtype=np.float64)
    return {name: np.full(len(data.splits[name]), answer) for name in SPLITS}


def credits_of(y: Array, told: Array, task: str) -> Array | None:
    """``(n,)`` what each row adds to the score, so that segments can be averaged: 1 for a right
    class, or 1 − squared error ÷ variance, whose means are accuracy and R²."""
    if task == "classification":
        return (y == told).astype(np.float64)
    variance = y.var(dtype=np.float64)
    return 1 - (y.astype(np.float64) - told) ** 2 / variance if variance > 0 else None


def weakest(worst: Segment, credit: Array, seed: int) -> Fact:
    """Difference of the weakest segment to all held-out rows, interval over its own rows."""
    inside = credit[worst.rows]
    interval = central(resampled_means(inside, seed) - credit.mean())
    value = float(inside.mean() - credit.mean())
    fact = weakest_fact("weakest_segment", value, len(inside))
    return replace(fact, interval=interval, labels={"segment": worst.name})


def weakest_fact(name: str, value: float | None, n: int, reason: str = "") -> Fact:
    """Difference of score; ``…_null05`` is what 95 of 100 searches stay above where no segment is
    weak, for a segment as large as the weakest, since the weakest of many looks weak by chance."""
    better: Better = "none" if name.endswith("null05") else "higher"
    return Fact(name, value, "difference of score", n=n, better=better, reason=reason)


def segment_table(
    judged: list[Segment], small: list[Segment], credit: Array | None = None, minimum: int = 0
) -> pd.DataFrame:
    """segment, score, difference, n, reason in the order given; those too small to be judged come
    last."""
    rows = []
    for one in [*judged, *small]:
        n = int(one.rows.sum())
        score = float(credit[one.rows].mean()) if credit is not None and n >= minimum else np.nan
        reason = "" if n >= minimum else f"{n} rows: fewer than {minimum}"
        rows.append(
            (one.name, score, score - (0.0 if credit is None else credit.mean()), n, reason)
        )
    return pd.DataFrame(rows, columns=["segment", "score", "difference", "n", "reason"])
