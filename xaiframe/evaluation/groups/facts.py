"""What was found about groups, as facts and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.groups.grouping import Grouping
from xaiframe.data.groups.rates import Gap, Rate
from xaiframe.data.groups.values import Mean
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact

RATIO = "demographic_parity_ratio"
BETTER = {"accuracy": "higher", "mean_absolute_error": "lower"}


@dataclass(frozen=True)
class Compared:
    """The groups of one grouping side by side.

    positive: the class whose decision is followed, empty for regression; among: statistic →
    places of the groups that are large enough to be compared; gaps: measure → gap, None where
    fewer than two groups are.
    """

    grouping: Grouping
    positive: str
    statistics: Mapping[str, Rate | Mean]
    among: Mapping[str, Array]
    gaps: Mapping[str, Gap | None]

    @property
    def labels(self) -> dict[str, str]:
        named = {"positive": self.positive} if self.positive else {}
        return {"column": self.grouping.column, **named}


def outcome(compared: Iterable[Compared], unit: str) -> Outcome:
    """Facts of the groups that were compared and of the gaps; tables of all of them.

    Table rates: one row per group and statistic, ``judged`` where it was compared. Table gaps:
    one row per measure, with its chance level ``null`` and the groups it lies between.
    """
    compared = list(compared)
    return Outcome(
        [fact for one in compared for fact in (*_group_facts(one, unit), *_gap_facts(one, unit))],
        tables={
            "rates": pd.DataFrame([row for one in compared for row in _rows(one)]),
            "gaps": pd.DataFrame([row for one in compared for row in _gap_rows(one)]),
        },
    )


def _group_facts(one: Compared, unit: str) -> Iterator[Fact]:
    for name, statistic in one.statistics.items():
        value, ends, n = statistic.value, statistic.interval, statistic.trials
        for place in one.among[name]:
            yield Fact(
                name,
                float(value[place]),
                unit,
                {**one.labels, "group": one.grouping.groups[place]},
                int(n[place]),
                (float(ends[0, place]), float(ends[1, place])),
                BETTER.get(name, "none"),  # type: ignore[arg-type]
            )


def _gap_facts(one: Compared, unit: str) -> Iterator[Fact]:
    """Each gap and its chance level; a single column whose groups are too small says so."""
    for measure, gap in one.gaps.items():
        higher = measure == RATIO
        if gap is None:
            if " × " not in one.grouping.column:
                reason = "fewer than two groups are large enough to be compared"
                yield Fact(measure, None, unit, one.labels, reason=reason)
            continue
        between = {
            "lowest": one.grouping.groups[gap.lowest],
            "highest": one.grouping.groups[gap.highest],
        }
        labels = {**one.labels, **between}
        better = "higher" if higher else "lower"
        yield Fact(measure, gap.value, unit, labels, gap.n, gap.interval, better)  # type: ignore[arg-type]
        yield Fact(f"{measure}_{'null05' if higher else 'null95'}", gap.null, unit, labels, gap.n)


def _rows(one: Compared) -> Iterator[dict[str, Any]]:
    for name, statistic in one.statistics.items():
        value, (low, high), n = statistic.value, statistic.interval, statistic.trials
        judged = np.isin(np.arange(len(n)), one.among[name])
        for place, group in enumerate(one.grouping.groups):
            yield {
                "column": one.grouping.column,
                "positive": one.positive,
                "group": group,
                "rows": int(one.grouping.sizes[place]),
                "statistic": name,
                "value": float(value[place]),
                "low": float(low[place]),
                "high": float(high[place]),
                "n": int(n[place]),
                "judged": bool(judged[place]),
            }


def _gap_rows(one: Compared) -> Iterator[dict[str, Any]]:
    for measure, gap in one.gaps.items():
        if gap is not None:
            low, high = gap.interval or (np.nan, np.nan)
            yield {
                "column": one.grouping.column,
                "positive": one.positive,
                "measure": measure,
                "value": gap.value,
                "low": low,
                "high": high,
                "null": gap.null,
                "lowest": one.grouping.groups[gap.lowest],
                "highest": one.grouping.groups[gap.highest],
                "n": gap.n,
            }
