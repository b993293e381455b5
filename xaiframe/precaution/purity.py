"""Purity: wrong labels, rows unlike all others, and rows that hold nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.precaution.columns import sample
from xaiframe.precaution.labels.suspects import Judged, classes_judged, numbers_judged
from xaiframe.precaution.learning.probing import probed
from xaiframe.precaution.measure import share_fact
from xaiframe.precaution.outliers.content import corrupt
from xaiframe.precaution.outliers.distance import coordinates, neighbourly
from xaiframe.precaution.outliers.tail import limit

DRAWN = 8
"""Pictures or series of each list that are kept for the report."""


@dataclass(frozen=True)
class Purity:
    """Label noise, outliers and empty content of the training split.

    Labels are judged by probes that have not seen them: classes by confident learning, beside
    what it finds where the labels are sound and the classes merely overlap; numbers by residuals
    beyond the end of their law. Rows are outliers when their neighbours are further away than
    the law of these distances goes. Pictures, messages and series are compared by their measured
    properties.

    folds, trees, fit
        of the probes: cross-validation folds, trees, most rows each learns from.
    sample
        most training rows judged.
    redraws
        draws of sound labels behind the control.
    neighbours, reference
        whose mean distance is taken, among at most so many rows.
    chance
        of a sound row to count as an outlier.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    folds: int = 5
    trees: int = 60
    fit: int = 2000
    sample: int = 20000
    redraws: int = 40
    neighbours: int = 10
    reference: int = 2000
    chance: float = 0.00003

    def __post_init__(self) -> None:
        if self.folds < 2 or self.trees < 1 or self.redraws < 20:
            raise ValueError("purity: at least 2 folds, 1 tree and 20 redraws")
        if self.neighbours < 1 or min(self.fit, self.reference, self.sample) < 10:
            raise ValueError("purity: at least 1 neighbour; fit, reference and sample at least 10")
        if not 0 < self.chance < 0.01:
            raise ValueError(f"purity: chance must lie in 0 … 0.01, not {self.chance}")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts label_noise with label_noise_null95 (what is found on sound labels) and
        label_noise_floor, suspects_wrong (how many of the listed labels are expected to be), or
        target_outlier_share for numbers; outlier_share; corrupt_share. Tables suspects, outliers,
        corrupt; of pictures and series the first few of both lists."""
        rows = sample(len(data.train), self.sample, seed)
        empty = corrupt(data.train, data)
        labels = self._labels(data, rows, seed)
        outlying, outliers = self._outliers(data, rows, seed)
        facts = [*labels.facts, outlying]
        facts.append(share_fact("corrupt_share", int((empty != "").sum()), len(empty)))
        suspects = worded(labels.table, data.train)
        tables = {"suspects": suspects, "outliers": outliers, "corrupt": empty_rows(data)}
        listed = {"suspects": suspects, "outliers": outliers}
        return Outcome(facts=facts, tables=tables, arrays=shown(listed, data))

    def _labels(self, data: Data, rows: Array, seed: int) -> Judged:
        split = data.train.take(rows)
        x, probe = probed(split, data), (self.folds, self.trees, self.fit)
        if data.task == "classification":
            return classes_judged(x, split.y, split.ids, data.classes, probe, self.redraws, seed)
        return numbers_judged(x, split.y, split.ids, probe, self.chance, seed)

    def _outliers(self, data: Data, rows: Array, seed: int) -> tuple[Fact, pd.DataFrame]:
        frame, ids = data.train.frame.iloc[rows].reset_index(drop=True), data.train.ids[rows]
        points, owners = coordinates(frame)
        if len(rows) < 5 * self.neighbours or not owners:
            reason = f"{len(rows)} rows with {len(owners)} varying columns: too few for distances"
            fact = Fact("outlier_share", None, "share", n=len(rows), better="lower", reason=reason)
            return fact, outlier_table(ids[:0], np.empty(0), np.empty(0, dtype=object))
        distance, column = neighbourly(points, owners, self.neighbours, self.reference, seed)
        end = limit(distance, self.chance)
        beyond = np.flatnonzero(distance > end)
        beyond = beyond[np.argsort(-distance[beyond], kind="stable")]
        table = outlier_table(ids[beyond], distance[beyond] / end, column[beyond])
        return share_fact("outlier_share", len(beyond), len(rows)), table


def worded(suspects: pd.DataFrame, train: Split) -> pd.DataFrame:
    """The suspects as the user knows them: their message, or a picture's file."""
    if train.original is None or suspects.empty:
        return suspects
    place = pd.Index(train.ids).get_indexer(pd.Index(suspects["id"]))
    return suspects.assign(original=[str(train.original[at]) for at in place])


def shown(listed: Mapping[str, pd.DataFrame], data: Data) -> dict[str, dict[str, Array]]:
    """``x`` ``(few, *input_shape)`` of the first rows of each list, for what can be drawn."""
    if data.modality not in ("image", "series"):
        return {}
    index = pd.Index(data.train.ids)
    return {
        name: {"x": data.train.x[index.get_indexer(pd.Index(table["id"].head(DRAWN)))]}
        for name, table in listed.items()
        if len(table)
    }


def outlier_table(ids: Array, score: Array, column: Array) -> pd.DataFrame:
    """id; score, distance to the neighbours ÷ the limit; the column that stands out most."""
    return pd.DataFrame({"id": ids, "score": score, "column": column.astype(object)})


def empty_rows(data: Data) -> pd.DataFrame:
    """split, id, kind of every row of any split whose content is empty."""
    parts = []
    for name, split in data.splits.items():
        found = corrupt(split, data)
        rows = np.flatnonzero(found != "")
        part = {"split": np.full(len(rows), name, dtype=object), "id": split.ids[rows]}
        parts.append(pd.DataFrame({**part, "kind": found[rows]}))
    return pd.concat(parts, ignore_index=True)
