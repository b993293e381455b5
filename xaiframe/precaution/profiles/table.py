"""Columns profiled: what their values really are, identifiers, dates that have not come yet."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from pandas.api import types
from scipy.stats import poisson

from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.columns import distinct, kind, numbers

READ = 1000
"""Different values of a text column that are tried as numbers and dates."""
MOST = 0.95
SMALLEST = 30
"""Values below which nothing is called an identifier."""
CHANCE = 1e-4
LEVELS = 30
"""Codes written as text are sound categories up to here."""


def inferred(column: pd.Series) -> str:
    """What the values are, whatever their type says: empty, constant, date, whole number, number,
    yes or no, number as text, date as text, category."""
    different = distinct(column)
    if different <= 1:
        return "constant" if different else "empty"
    if types.is_datetime64_any_dtype(column):
        return "date"
    if kind(column) == "numeric":
        return "whole number" if is_whole(numbers(column)) else "number"
    if different == 2:
        return "yes or no"
    return _written(column, different)


def _written(column: pd.Series, different: int) -> str:
    told = column.dropna().astype(str).drop_duplicates().head(READ)
    read = as_numbers(told)
    known = read.notna()
    if known.mean() >= MOST:
        whole = is_whole(read.to_numpy(dtype=np.float64, na_value=np.nan))
        return "category" if whole and different <= LEVELS else "number as text"
    return "date as text" if as_dates(told).notna().mean() >= MOST else "category"


def as_numbers(told: pd.Series) -> pd.Series:
    """Texts as numbers, a comma read as the decimal point; NaN where they are none."""
    return pd.to_numeric(told.str.strip().str.replace(",", ".", regex=False), errors="coerce")


def as_dates(told: pd.Series) -> pd.Series:
    """Texts as dates in ISO 8601; NaT where they are none."""
    return pd.to_datetime(told, format="ISO8601", errors="coerce", utc=True)


def is_whole(values: Array) -> bool:
    """Whether every value present is a whole number."""
    present = values[np.isfinite(values)]
    return bool(len(present) and (present == np.round(present)).all())


def future(column: pd.Series, what: str, today: date) -> int | None:
    """How many dates lie after ``today`` (UTC); None for a column of anything else."""
    if what == "date as text":
        column = as_dates(column.astype(object).where(column.notna()).astype(str))
    if not types.is_datetime64_any_dtype(column):
        return None
    return int((numbers(column) >= (today - date(1970, 1, 1)).days + 1).sum())


def identifier(column: pd.Series, what: str, ids: Array) -> str:
    """Why a column looks like the name of a row rather than a property of it; empty: it does not.

    Texts that nearly all differ; whole numbers that repeat less often than any law with their
    range lets independent draws repeat (uniform draws repeat least; chance below 10⁻⁴); numbers
    that rise or fall strictly with the row number ``ids`` ``(n,)``.
    """
    n = int(column.notna().sum())
    if n < SMALLEST or what in ("empty", "constant", "date", "date as text", "yes or no"):
        return ""
    values = _values(column, what)
    if values is None:
        return "nearly every text differs" if distinct(column) >= MOST * n else ""
    order = values[np.argsort(ids, kind="stable")]
    step = np.diff(order[np.isfinite(order)])
    if (step > 0).all() or (step < 0).all():
        return "it runs with the row number"
    return (
        "whole numbers that hardly repeat"
        if is_whole(values) and repeats_too_little(values)
        else ""
    )


def _values(column: pd.Series, what: str) -> Array | None:
    if kind(column) == "numeric":
        return numbers(column)
    if what != "number as text":
        return None
    told = as_numbers(column.astype(object).where(column.notna()).astype(str))
    return np.asarray(told.to_numpy(dtype=np.float64, na_value=np.nan))


def repeats_too_little(values: Array) -> bool:
    """Whether independent draws from the range of ``values`` would have repeated more often."""
    present = values[np.isfinite(values)]
    n, cells = len(present), float(np.ptp(present)) + 1
    repeated = n - len(np.unique(present))
    expected = n + cells * np.expm1(n * np.log1p(-1 / cells))
    rare = repeated <= (1 - MOST) * n
    return bool(rare and poisson.cdf(repeated, max(expected, 0.0)) < CHANCE)


def types_of(split: Split) -> pd.DataFrame:
    """Per column of the training split: declared type, inferred type, why it looks like an
    identifier."""
    rows = []
    for name, column in split.frame.items():
        what = inferred(column)
        rows.append((str(name), str(column.dtype), what, identifier(column, what, split.ids)))
    return pd.DataFrame(rows, columns=["column", "declared", "inferred", "identifier"])
