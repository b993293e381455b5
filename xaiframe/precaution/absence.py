"""Whether the absence of a value says something of the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, mannwhitneyu

from xaiframe.explanation import Array
from xaiframe.facts import Better, Fact, source
from xaiframe.precaution.association import corrected_v
from xaiframe.precaution.shift import homogeneity, level_counts

FEWEST = 10
"""Rows with and without a value that it takes to compare their targets."""


def telling(gaps: pd.DataFrame, y: Array, task: str) -> pd.DataFrame:
    """column, association, p_adjusted of every column of ``gaps`` ``(n, columns)`` bool that has
    and lacks values in at least ten rows each; ``y`` ``(n,)`` the targets.

    Classes: bias-corrected Cramér's V and its test of homogeneity, rare classes read as one.
    Numbers: |rank-biserial correlation| and Mann and Whitney's test. p is corrected over the
    columns (Benjamini–Hochberg). A value that is absent for a reason that has to do with the target
    is missing not at random (Rubin 1976, doi:10.1093/biomet/63.3.581).
    """
    rows = []
    for name, gap in gaps.items():
        gone = gap.to_numpy(dtype=bool)
        if min(gone.sum(), (~gone).sum()) >= FEWEST and len(np.unique(y)) > 1:
            compare = by_class if task == "classification" else by_rank
            rows.append((str(name), *compare(y[gone], y[~gone])))
    table = pd.DataFrame(rows, columns=["column", "association", "p_adjusted"])
    if len(table):
        table["p_adjusted"] = false_discovery_control(table["p_adjusted"])
    return table


def by_class(gone: Array, there: Array) -> tuple[float, float]:
    """Cramér's V and p-value of the classes of two groups of rows."""
    counts = level_counts(pd.Series(gone), pd.Series(there))
    if counts.shape[1] < 2:  # every class but one too rare to be told apart
        return 0.0, 1.0
    return corrected_v(counts), homogeneity(counts)[2]


def by_rank(gone: Array, there: Array) -> tuple[float, float]:
    """|2·AUC − 1| and p-value of the values of two groups of rows."""
    found = mannwhitneyu(gone, there, method="asymptotic")
    return abs(2 * float(found.statistic) / (len(gone) * len(there)) - 1), float(found.pvalue)


def absence_facts(table: pd.DataFrame, n: int) -> list[Fact]:
    """Facts target_association and target_p_adjusted of each column of :func:`telling`."""
    return [
        Fact(f"target_{name}", float(value), unit, {"column": str(column)}, n=n, better=better,
             source=source("scipy"))
        for name, unit, better in TOLD
        for column, value in zip(table["column"], table[name], strict=True)
    ]  # fmt: skip


TOLD: tuple[tuple[str, str, Better], ...] = (
    ("association", "association", "lower"),
    ("p_adjusted", "p", "higher"),
)
