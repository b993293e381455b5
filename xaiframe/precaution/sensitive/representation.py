"""Representation: how many rows each group has, and how many it should have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from xaiframe.data.groups.grouping import Grouping
from xaiframe.facts import Fact
from xaiframe.precaution.measure import share_fact, wilson
from xaiframe.precaution.sensitive.people import PAIR


def representation_facts(
    groupings: list[Grouping], expected: Mapping[str, Mapping[str, float]]
) -> Iterator[Fact]:
    """Per group of a single column its share of the rows, and where an ``expected`` share is given
    also share ÷ expected share; a group that should be there and is not has share 0."""
    for grouping in groupings:
        n = int(grouping.sizes.sum())
        if PAIR in grouping.column:
            continue
        sizes = dict(zip(grouping.groups, map(int, grouping.sizes), strict=True))
        for group, size in sizes.items():
            yield share_fact("representation", size, n, _of(grouping, group), "none")
        for group, share in expected.get(grouping.column, {}).items():
            yield _against(sizes.get(str(group), 0), n, float(share), _of(grouping, str(group)))


def _against(size: int, n: int, share: float, labels: dict[str, str]) -> Fact:
    ends = wilson(size, n)
    return Fact(
        "representation_ratio",
        size / n / share if n else None,
        "share ÷ expected share",
        labels,
        n=n,
        interval=None if ends is None else (ends[0] / share, ends[1] / share),
        better="higher",
        reason="" if n else "there are no rows",
    )


def representation_table(
    groupings: list[Grouping], expected: Mapping[str, Mapping[str, float]]
) -> pd.DataFrame:
    """Rows, share and its interval per group; ``expected`` is NaN where none was given."""
    rows: list[dict[str, Any]] = []
    for grouping in groupings:
        n = int(grouping.sizes.sum())
        wanted = {str(group): share for group, share in expected.get(grouping.column, {}).items()}
        sizes = dict(zip(grouping.groups, map(int, grouping.sizes), strict=True))
        for group in dict.fromkeys([*sizes, *wanted]):
            size = sizes.get(group, 0)
            low, high = wilson(size, n) or (float("nan"), float("nan"))
            rows.append(
                {
                    "column": grouping.column,
                    "group": group,
                    "rows": size,
                    "share": size / n if n else float("nan"),
                    "low": low,
                    "high": high,
                    "expected": wanted.get(group, float("nan")),
                }
            )
    return pd.DataFrame(rows)


def _of(grouping: Grouping, group: str) -> dict[str, str]:
    return {"column": grouping.column, "group": group}
