"""Base rates: how often each group has the outcome in the data, and how far groups lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.data.groups.grouping import Grouping
from xaiframe.data.groups.rates import Gap, Rate
from xaiframe.data.groups.values import Mean
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.precaution.sensitive.people import PAIR

CLASSES = 10
"""Classes compared, the most frequent first."""
TOO_FEW = "fewer than two groups are large enough to be compared"


@dataclass(frozen=True)
class Compared:
    """One grouping, and the statistic of the target in each of its groups.

    positive: the class counted, empty for a number as target; among: places of the groups that
    are large enough; gaps: measure → gap of the extreme groups, empty where fewer than two are.
    """

    grouping: Grouping
    positive: str
    statistic: Rate | Mean
    among: Array
    gaps: Mapping[str, Gap]

    @property
    def labels(self) -> dict[str, str]:
        named = {"positive": self.positive} if self.positive else {}
        return {"column": self.grouping.column, **named}

    @property
    def name(self) -> str:
        return "base_rate" if self.positive else "mean_target"


def compared(
    data: Data, y: Array, groupings: Sequence[Grouping], positive: str, smallest: int,
    draws: int, random: np.random.Generator,
) -> list[Compared]:  # fmt: skip
    """The target by group, once per class that is followed; ``y`` ``(n,)`` of the same rows."""
    found = []
    for grouping in groupings:
        among = np.flatnonzero(grouping.sizes >= smallest)
        for name, statistic in _statistics(data, y, grouping, positive):
            gaps = _gaps(statistic, among, draws, random) if len(among) > 1 else {}
            found.append(Compared(grouping, name, statistic, among, gaps))
    return found


def _statistics(
    data: Data, y: Array, grouping: Grouping, positive: str
) -> Iterator[tuple[str, Rate | Mean]]:
    if data.task == "regression":
        yield "", Mean(y.astype(np.float64), grouping.of, len(grouping.groups))
        return
    for place in followed(data, y, positive):
        hits = np.bincount(grouping.of, y == place, len(grouping.groups)).astype(np.int64)
        yield data.classes[place], Rate(hits, grouping.sizes)


def followed(data: Data, y: Array, positive: str) -> list[int]:
    """Places of the classes whose base rate is compared: ``positive``, the second of two, or the
    commonest ones."""
    if positive:
        return [data.classes.index(positive)]
    if len(data.classes) == 2:
        return [1]
    counts = np.bincount(y, minlength=len(data.classes))
    return sorted(np.argsort(-counts, kind="stable")[:CLASSES].tolist())


def _gaps(
    statistic: Rate | Mean, among: Array, draws: int, random: np.random.Generator
) -> dict[str, Gap]:
    gaps = {"difference": statistic.difference(among, draws, random)}
    if isinstance(statistic, Rate):
        gaps["ratio"] = statistic.ratio(among, draws, random)
    return gaps


def base_rate_facts(found: Sequence[Compared], unit: str, spread: float) -> Iterator[Fact]:
    """The statistic of every group that was compared, the gaps, and what chance makes of them.

    ``spread``: standard deviation of a number as target, which its gap is divided by. The chance
    level holds for the largest of all comparisons at once (Šidák 1967).
    """
    level = 0.95 ** (1 / max(sum(len(one.gaps) for one in found), 1))
    for one in found:
        yield from _group_facts(one, unit)
        yield from _gap_facts(one, level, unit, spread)


def _group_facts(one: Compared, unit: str) -> Iterator[Fact]:
    value, (low, high), n = one.statistic.value, one.statistic.interval, one.statistic.trials
    for place in one.among:
        yield Fact(
            one.name,
            float(value[place]),
            "share" if one.positive else unit,
            {**one.labels, "group": one.grouping.groups[place]},
            n=int(n[place]),
            interval=(float(low[place]), float(high[place])),
        )


def _gap_facts(one: Compared, level: float, unit: str, spread: float) -> Iterator[Fact]:
    if not one.gaps:
        # of two columns together small groups are the rule
        if PAIR not in one.grouping.column:
            yield Fact(f"{one.name}_difference", None, labels=one.labels, reason=TOO_FEW)
        return
    for measure, gap in one.gaps.items():
        name = f"{one.name}_{measure}"
        between = [one.grouping.groups[place] for place in (gap.lowest, gap.highest)]
        labels = {**one.labels, "lowest": between[0], "highest": between[1]}
        null = float(np.quantile(gap.chance, 1 - level if measure == "ratio" else level))
        if measure == "ratio":
            yield Fact(name, gap.value, "ratio", labels, gap.n, gap.interval, "higher")
            yield Fact(f"{name}_null05", null, "ratio", labels, gap.n)
            continue
        shown = "share" if one.positive else unit
        yield Fact(name, gap.value, shown, labels, gap.n, gap.interval, "lower")
        yield Fact(f"{name}_null95", null, shown, labels, gap.n)
        if not one.positive:
            yield from _standardised(gap, null, labels, spread)


def _standardised(gap: Gap, null: float, labels: dict[str, str], spread: float) -> Iterator[Fact]:
    """The gap of means in standard deviations of the target (Cohen 1988)."""
    name, unit = "standardised_difference", "standard deviations"
    if spread <= 0:
        yield Fact(name, None, unit, labels, gap.n, reason="the target is constant")
        return
    low, high = gap.interval or (float("nan"), float("nan"))
    ends = (low / spread, high / spread)
    yield Fact(name, gap.value / spread, unit, labels, gap.n, ends, "lower")
    yield Fact(f"{name}_null95", null / spread, unit, labels, gap.n)


def base_rate_table(found: Sequence[Compared]) -> pd.DataFrame:
    """Every group with its statistic; ``judged`` where it was large enough to be compared."""
    rows: list[dict[str, Any]] = []
    for one in found:
        value, (low, high), n = one.statistic.value, one.statistic.interval, one.statistic.trials
        rows += [
            {
                "column": one.grouping.column,
                "positive": one.positive,
                "group": group,
                "n": int(n[place]),
                "value": float(value[place]),
                "low": float(low[place]),
                "high": float(high[place]),
                "judged": bool(np.isin(place, one.among)),
            }
            for place, group in enumerate(one.grouping.groups)
        ]
    return pd.DataFrame(rows)
