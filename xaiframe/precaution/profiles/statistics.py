"""Moments, quartiles, histograms and frequent values of the columns of a frame."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.precaution.columns import distinct, kind, numbers, texts

QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "max": 1.0}
COLUMNS = ["column", "kind", "n", "missing", "distinct", "mean", "sd", *QUANTILES]
EMPTY_HISTOGRAM = {
    "column": np.array([], dtype=object),
    "left": np.array([], dtype=np.float64),
    "right": np.array([], dtype=np.float64),
    "count": np.array([], dtype=np.int64),
}


def describe(name: str, column: pd.Series) -> dict[str, object]:
    """One row of ``columns``: n values present, how many missing, moments and quartiles (ddof 1);
    dates in days since 1970, NaN where a category or an empty column has none."""
    row: dict[str, object] = {"column": name, "kind": kind(column)}
    if kind(column) == "categorical":
        present = int(column.notna().sum())
        row |= {"n": present, "missing": len(column) - present, "distinct": distinct(column)}
        return row | dict.fromkeys(COLUMNS[5:], np.nan)
    values = numbers(column)
    values = values[~np.isnan(values)]
    n = len(values)
    row |= {"n": n, "missing": len(column) - n, "distinct": distinct(column)}
    row["mean"] = float(values.mean()) if n else np.nan
    row["sd"] = float(values.std(ddof=1)) if n > 1 else np.nan
    cuts = np.quantile(values, list(QUANTILES.values())) if n else [np.nan] * 5
    return row | dict(zip(QUANTILES, map(float, cuts), strict=True))


def histogram(name: str, values: Array, bins: int) -> pd.DataFrame:
    """Equal-width bars over the range of the values present; none at all gives no bar."""
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return pd.DataFrame(EMPTY_HISTOGRAM)
    low, high = present.min(), present.max()
    # a range too narrow for distinct edges is one bar, like that of a constant
    narrow = high - low <= bins * np.spacing(max(abs(low), abs(high)))
    count, edges = np.histogram(present, 1 if narrow else bins)
    return pd.DataFrame({"column": name, "left": edges[:-1], "right": edges[1:], "count": count})


def frequent_values(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The most frequent values of each categorical column: column, value, count."""
    parts = [
        texts(column)
        .value_counts()
        .head(most)
        .rename_axis("value")
        .reset_index()
        .assign(column=str(name))
        for name, column in frame.items()
        if kind(column) == "categorical"
    ]
    empty = pd.DataFrame({"column": [], "value": [], "count": []})
    return pd.concat(parts)[list(empty)].reset_index(drop=True) if parts else empty
