"""Fairness: the model's rates and errors by group of the sensitive columns, and their gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.data.groups.grouping import Grouping, groupings
from xaiframe.data.groups.rates import Gap, Rate, rates
from xaiframe.data.groups.values import Mean, means
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.groups.facts import RATIO, Compared, outcome
from xaiframe.explanation import Array, Outcome

GAPS = {
    "demographic_parity_difference": ("selection_rate",),
    "equal_opportunity_difference": ("true_positive_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "accuracy_difference": ("accuracy",),
    "mean_prediction_difference": ("mean_prediction",),
    "mean_error_difference": ("mean_error",),
    "absolute_error_difference": ("mean_absolute_error",),
}
"""Measure → the statistics whose largest difference it is."""


@dataclass(frozen=True)
class Fairness:
    """Rates by group of ``strategy.sensitive`` and by pairs of those columns.

    positive: the class whose decision is followed, by name; empty: the second of two classes, and
    with more each class against all others.
    smallest: a rate that rests on fewer rows is shown, not compared.
    bins: column of numbers → edges between its groups; without, its quartiles once it has more
    than 8 values.
    split: ``test``, or ``all`` rows, for a model that was not trained on any of them.
    draws: random assignments of rows to groups that tell what chance does to a gap.

    A gap is that between the groups with the lowest and the highest rate; equalized odds take the
    larger of those in the true and the false positive rate (Hardt et al. 2016, arXiv:1610.02413).
    The ratio of selection rates is the four-fifths rule's (29 CFR 1607.4 D). For regression the
    mean prediction, the mean error and the mean absolute error of each group are compared.
    """

    positive: str = ""
    smallest: int = 30
    bins: Mapping[str, Sequence[float]] = field(default_factory=dict)
    split: Literal["test", "all"] = "test"
    draws: int = 1000

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    needs = ("sensitive",)
    cost = "rows"
    reference = "arXiv:1610.02413"

    def __post_init__(self) -> None:
        if self.split not in ("test", "all"):
            raise ValueError(f"split must be test or all, not {self.split!r}")
        if self.smallest < 2 or self.draws < 100:
            raise ValueError("smallest starts at 2, draws at 100")
        empty = [column for column, edges in self.bins.items() if not len(edges)]
        if empty:
            raise ValueError(f"bins names no edge for {', '.join(empty)}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts of groups and gaps; tables rates and gaps.

        Raises NotApplicable without sensitive columns, and where ``all`` rows would be training
        rows.
        """
        splits = self._splits(evidence)
        frame = columns(evidence.strategy.sensitive, splits)
        y = np.concatenate([one.y for one in splits])
        predicted = evidence.model.predictions(np.concatenate([one.x for one in splits]))
        compare = partial(self._compared, np.random.default_rng([evidence.seed, len(y)]))
        compared = [
            compare(grouping, positive, statistics)
            for grouping in groupings(frame, self.bins)
            for positive, statistics in self._statistics(evidence.data, grouping, y, predicted)
        ]
        return outcome(compared, "" if evidence.data.classes else evidence.data.target)

    def _splits(self, evidence: Evidence) -> list[Split]:
        if self.split == "test":
            return [evidence.data.test]
        if not evidence.model.brought:
            raise NotApplicable("split: all would count the rows that the model was trained on")
        return list(evidence.data.splits.values())

    def _positives(self, data: Data) -> list[tuple[int, str]]:
        if self.positive:
            if self.positive not in data.classes:
                listed = ", ".join(data.classes[:12])
                raise NotApplicable(f"positive is {self.positive!r}, the classes are {listed}")
            return [(data.classes.index(self.positive), self.positive)]
        named = list(enumerate(data.classes))
        return named[1:] if len(named) == 2 else named

    def _statistics(
        self, data: Data, grouping: Grouping, y: Array, predicted: Array
    ) -> Iterator[tuple[str, Mapping[str, Rate | Mean]]]:
        """The statistics of each group, once for each class whose decision is followed."""
        shape = grouping.of, len(grouping.groups)
        if data.task == "regression":
            yield "", means(y, predicted, *shape)
            return
        for place, name in self._positives(data):
            yield name, rates(y == place, predicted == place, *shape)

    def _compared(
        self,
        rng: np.random.Generator,
        grouping: Grouping,
        positive: str,
        statistics: Mapping[str, Rate | Mean],
    ) -> Compared:
        among = {
            name: np.flatnonzero(one.trials >= self.smallest) for name, one in statistics.items()
        }
        apart = {
            name: one.difference(among[name], self.draws, rng)
            for name, one in statistics.items()
            if len(among[name]) > 1
        }
        gaps = {
            measure: widest([apart[name] for name in names])
            for measure, names in GAPS.items()
            if all(name in apart for name in names)
        }
        selection = statistics.get("selection_rate")
        if isinstance(selection, Rate) and "selection_rate" in apart:
            gaps[RATIO] = selection.ratio(among["selection_rate"], self.draws, rng)
        wanted = [key for key, names in {**GAPS, RATIO: ("selection_rate",)}.items()
                  if set(names) <= set(statistics)]  # fmt: skip
        return Compared(
            grouping, positive, statistics, among, {one: gaps.get(one) for one in wanted}
        )


def widest(gaps: Sequence[Gap]) -> Gap:
    """The largest of several gaps, held against the largest that chance makes."""
    chance = np.max([gap.chance for gap in gaps], axis=0)
    largest = max(gaps, key=lambda gap: gap.value)
    return replace(largest, null=float(np.quantile(chance, 0.95)), chance=chance)


def columns(names: Iterable[str], splits: Sequence[Split]) -> pd.DataFrame:
    """The sensitive columns of all rows; raises NotApplicable where one is not there."""
    found = {name: [split.column(name) for split in splits] for name in names}
    if not found:
        raise NotApplicable("strategy.sensitive names no column")
    gone = [name for name, parts in found.items() if any(part is None for part in parts)]
    if gone:
        raise NotApplicable(f"the data have no column {', '.join(gone)}")
    return pd.DataFrame(
        {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}
    )
