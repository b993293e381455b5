"""Informative gaps: whether the absence of a value says something of the target or of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, mannwhitneyu

from xaiframe.data.groups.grouping import Grouping
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.precaution.columns import sample
from xaiframe.precaution.drift.shift import homogeneity, level_counts
from xaiframe.precaution.relation.association import corrected_v

FEWEST = 10
"""Rows with and without a value that it takes to compare them."""
TARGET = "(target)"
COLUMNS = ("column", "against", "association", "p_value", "p_adjusted", "missing", "n")


def informative(
    gaps: pd.DataFrame, y: Array, task: str, groupings: Sequence[Grouping], limit: int, seed: int
) -> pd.DataFrame:
    """Every column with gaps against the target and against each sensitive column, one row each.

    ``gaps`` ``(n, columns)`` bool, ``y`` ``(n,)``; at most ``limit`` rows are read, and columns
    that have and lack values in at least ten of them each. p is corrected over all tests together
    (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x). A value that is absent for
    a reason that has to do with the target is missing not at random (Rubin 1976,
    doi:10.1093/biomet/63.3.581).
    """
    rows = sample(len(gaps), limit, seed)
    others: Mapping[str, Array] = {one.column: one.of[rows] for one in groupings}
    found: list[dict[str, Any]] = []
    for name in gaps.columns[gaps.any()]:
        gone = gaps[name].to_numpy()[rows]
        if min(gone.sum(), (~gone).sum()) < FEWEST:
            continue
        for against, values in {TARGET: y[rows], **others}.items():
            if len(np.unique(values)) > 1:
                numeric = against == TARGET and task == "regression"
                association, p = (by_rank if numeric else by_class)(values[gone], values[~gone])
                found.append(
                    {
                        "column": str(name),
                        "against": against,
                        "association": association,
                        "p_value": p,
                        "missing": int(gone.sum()),
                        "n": len(gone),
                    }
                )
    table = pd.DataFrame(found, columns=list(COLUMNS))
    if len(table):
        table["p_adjusted"] = false_discovery_control(table["p_value"].to_numpy(dtype=np.float64))
    return table.sort_values("p_adjusted", kind="stable", ignore_index=True)


def by_class(gone: Array, there: Array) -> tuple[float, float]:
    """Bias-corrected Cramér's V and p of the test of homogeneity of two groups of rows; classes
    too rare for the law of χ² are read as one."""
    counts = level_counts(pd.Series(gone), pd.Series(there))
    if counts.shape[1] < 2:  # every class but one too rare to be told apart
        return 0.0, 1.0
    return corrected_v(counts), homogeneity(counts)[2]


def by_rank(gone: Array, there: Array) -> tuple[float, float]:
    """|rank-biserial correlation|, |2·AUC − 1|, and p of Mann and Whitney's test."""
    found = mannwhitneyu(gone, there, method="asymptotic")
    return abs(2 * float(found.statistic) / (len(gone) * len(there)) - 1), float(found.pvalue)


def informative_facts(table: pd.DataFrame) -> list[Fact]:
    """target_association and target_p_adjusted of a column, group_association and
    group_p_adjusted of a column and a sensitive one."""
    facts = []
    for row in table.to_dict("records"):
        target = row["against"] == TARGET
        kind = "target" if target else "group"
        labels = {"column": row["column"]} | ({} if target else {"sensitive": row["against"]})
        told: dict[str, Any] = {"labels": labels, "n": row["n"], "source": source("scipy")}
        facts += [
            Fact(f"{kind}_association", float(row["association"]), "association", better="lower",
                 **told),
            Fact(f"{kind}_p_adjusted", float(row["p_adjusted"]), "p", better="higher", **told),
        ]  # fmt: skip
    return facts


def group_table(gaps: pd.DataFrame, groupings: Sequence[Grouping]) -> pd.DataFrame:
    """Missing values of every column with gaps in every group."""
    rows = [
        {
            "column": str(name),
            "sensitive": grouping.column,
            "group": group,
            "n": int(size),
            "missing": int(count),
            "share": count / size,
        }
        for name in gaps.columns[gaps.any()]
        for grouping in groupings
        for group, size, count in zip(
            grouping.groups,
            grouping.sizes,
            np.bincount(grouping.of, gaps[name].to_numpy(), len(grouping.groups)),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=["column", "sensitive", "group", "n", "missing", "share"])
