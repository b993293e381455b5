"""Balance within groups: how the classes share the rows of each sensitive group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.groups.grouping import Grouping
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.precaution.measure import Interval, wilson


def odds_interval(a: int, b: int) -> Interval | None:
    """95 % interval of a ÷ b: Wilson's interval of a ÷ (a + b), turned into odds."""
    ends = wilson(a, a + b)
    if ends is None or ends[1] >= 1:
        return None
    return ends[0] / (1 - ends[0]), ends[1] / (1 - ends[1])


def crossed(grouping: Grouping, y: Array, classes: int) -> Array:
    """``(groups, classes)`` rows in each cell; ``y`` ``(n,)`` class numbers."""
    cells = np.bincount(grouping.of * classes + y, minlength=len(grouping.groups) * classes)
    return cells.reshape(len(grouping.groups), classes)


def cell_facts(
    groupings: Sequence[Grouping], y: Array, classes: Sequence[str], smallest: int
) -> Iterator[Fact]:
    """Per grouping the smallest cell, and per group of ``smallest`` rows or more its rarest ÷ its
    commonest class, among the classes that occur at all."""
    occur = np.flatnonzero(np.bincount(y, minlength=len(classes)))
    if len(occur) < 2:
        return
    for grouping in groupings:
        counts = crossed(grouping, y, len(classes))[:, occur]
        least = np.unravel_index(np.argmin(counts), counts.shape)
        column = {"column": grouping.column}
        named = {"group": grouping.groups[least[0]], "class": classes[occur[least[1]]]}
        yield Fact(
            "smallest_cell", int(counts[least]), "rows", {**column, **named}, len(y),
            better="higher",
        )  # fmt: skip
        for group, row in zip(grouping.groups, counts, strict=True):
            if row.sum() >= smallest:
                rarest, commonest = int(row.min()), int(row.max())
                yield Fact(
                    "group_ratio",
                    rarest / commonest,
                    "ratio",
                    {**column, "group": group, "class": classes[occur[int(row.argmin())]]},
                    n=int(row.sum()),
                    interval=odds_interval(rarest, commonest),
                    better="higher",
                )


def cell_table(groupings: Sequence[Grouping], y: Array, classes: Sequence[str]) -> pd.DataFrame:
    """Rows of every group and class, beside those that independence of the two would give."""
    rows: list[dict[str, Any]] = []
    for grouping in groupings:
        counts = crossed(grouping, y, len(classes))
        expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / max(counts.sum(), 1)
        rows += [
            {
                "column": grouping.column,
                "group": group,
                "class": name,
                "rows": int(counts[at, k]),
                "expected": float(expected[at, k]),
            }
            for at, group in enumerate(grouping.groups)
            for k, name in enumerate(classes)
        ]
    return pd.DataFrame(rows, columns=["column", "group", "class", "rows", "expected"])
