"""Association of two columns of any kind, from 0 (none) to 1 (each determines the other)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.precaution.columns import codes, kind, numbers

MINIMUM = 10
"""Rows that both columns must fill before their association is said to be known."""


def cramers_v(a: Array, b: Array) -> float:
    """Bias-corrected Cramér's V of two arrays of codes ``(n,)`` (Bergsma 2013,
    doi:10.1016/j.jkss.2012.10.002); NaN when either is constant."""
    return corrected_v(contingency(a, b))


def contingency(a: Array, b: Array) -> Array:
    """``(levels of a, levels of b)`` counts over the levels that occur."""
    rows, row = np.unique(a, return_inverse=True)
    columns, column = np.unique(b, return_inverse=True)
    cells = np.bincount(row * len(columns) + column, minlength=len(rows) * len(columns))
    return cells.reshape(len(rows), len(columns))


def corrected_v(table: Array) -> float:
    """Bias-corrected Cramér's V of a contingency table without empty rows or columns."""
    n, (rows, columns) = table.sum(), table.shape
    if n < 2 or min(rows, columns) < 2:
        return float("nan")
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    phi2 = float(((table - expected) ** 2 / expected).sum() / n)
    surplus = max(phi2 - (rows - 1) * (columns - 1) / (n - 1), 0.0)
    room = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return min(float(np.sqrt(surplus / room)), 1.0) if room > 0 else float("nan")


def correlation_ratio(groups: Array, values: Array) -> float:
    """Correlation ratio η of a number by group, bias-corrected as ε (Kelley 1935,
    doi:10.1073/pnas.21.9.554), so that many small groups do not look like an association.

    NaN when the values or the groups are constant or every group is a single row.
    """
    _, member = np.unique(groups, return_inverse=True)
    size = np.bincount(member)
    n, k = len(values), len(size)
    if k < 2 or n <= k or values.max() == values.min():
        return float("nan")
    centred = values - values.mean()
    means = np.bincount(member, centred) / size
    within, total = ((centred - means[member]) ** 2).sum(), (centred**2).sum()
    return float(np.sqrt(max(1 - (within / (n - k)) / (total / (n - 1)), 0.0)))


def spearman(a: Array, b: Array) -> float:
    """|Spearman's ρ| of two arrays ``(n,)``; NaN when either is constant."""
    ranked = pd.DataFrame({"a": a, "b": b}).rank().to_numpy()
    ranked = ranked - ranked.mean(axis=0)
    length = np.sqrt((ranked**2).sum(axis=0)).prod()
    return float(abs((ranked[:, 0] * ranked[:, 1]).sum() / length)) if length > 0 else float("nan")


def pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """All pairs a, b of the frame's columns with association and measure, the strongest first.

    Over the rows that both fill; NaN (last) where these are fewer than 10 or one of the columns is
    constant there. Missing categories are a category.
    """
    names = [str(name) for name in frame.columns]
    numeric = [str(name) for name, column in frame.items() if kind(column) == "numeric"]
    read = {n: numbers(frame[n]) if n in numeric else codes(frame[n]) for n in names}
    ranks = pd.DataFrame({name: read[name] for name in numeric})
    monotone = ranks.corr(method="spearman", min_periods=MINIMUM).abs() if numeric else ranks
    known, place = monotone.to_numpy(), {name: k for k, name in enumerate(numeric)}
    rows = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            number = (a in place) + (b in place)
            if number == 2:
                found, measure = float(known[place[a], place[b]]), "Spearman"
            else:
                found, measure = associate(read[a], read[b], number)
            rows.append((a, b, found, measure))
    table = pd.DataFrame(rows, columns=["a", "b", "association", "measure"])
    return table.sort_values("association", ascending=False, kind="stable", ignore_index=True)


def associate(a: Array, b: Array, numeric: int) -> tuple[float, str]:
    """Association and its measure's name; ``numeric`` says how many of the two are numbers, and
    with one, it is the one of type float."""
    if numeric == 0:
        return cramers_v(a, b), "Cramér's V"
    if numeric == 2:
        return _over_present(spearman, a, b), "Spearman"
    groups, values = (b, a) if a.dtype.kind == "f" else (a, b)
    return _over_present(correlation_ratio, groups, values), "correlation ratio"


def _over_present(measure: Any, a: Array, b: Array) -> float:
    present = ~(np.isnan(a.astype(np.float64)) | np.isnan(b.astype(np.float64)))
    return measure(a[present], b[present]) if present.sum() >= MINIMUM else float("nan")
