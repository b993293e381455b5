"""How the checks read a frame: kinds of column, numbers, levels, codes, bounded samples."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pandas.api import types

from xaiframe.data.face import Data
from xaiframe.explanation import Array

Kind = Literal["numeric", "categorical"]
LEVELS = 50
"""Most frequent categories told apart; the rest are read as one."""
MISSING = "(missing)"


def kind(column: pd.Series) -> Kind:
    """``numeric`` for integers, floats, dates and durations; everything else is a category."""
    dtype = column.dtype
    ordered = types.is_integer_dtype(dtype) or types.is_float_dtype(dtype) or _is_time(column)
    return "numeric" if ordered else "categorical"


def _is_time(column: pd.Series) -> bool:
    return types.is_datetime64_any_dtype(column) or types.is_timedelta64_dtype(column.dtype)


def numbers(column: pd.Series) -> Array:
    """``(n,)`` float64 of a numeric column, dates and durations in days; not finite becomes NaN."""
    if types.is_datetime64_any_dtype(column):
        column = column - pd.Timestamp(0, tz=column.dt.tz)
    if types.is_timedelta64_dtype(column.dtype):
        column = column.dt.total_seconds() / 86400
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def missing(frame: pd.DataFrame) -> pd.DataFrame:
    """``(n, columns)`` bool: cells without a value; a number that is not finite is none."""
    gaps = {
        name: np.isnan(numbers(column)) if kind(column) == "numeric" else column.isna().to_numpy()
        for name, column in frame.items()
    }
    return pd.DataFrame(gaps, index=frame.index, columns=frame.columns)


def texts(column: pd.Series) -> pd.Series:
    """The column as text, missing cells under a name of their own."""
    return column.astype(object).where(column.notna(), MISSING).map(str)


def distinct(column: pd.Series) -> int:
    """How many different values a column holds, missing cells not counted."""
    values = pd.Series(numbers(column)) if kind(column) == "numeric" else column.dropna().map(str)
    return int(values.nunique())


def varying(frame: pd.DataFrame) -> list[str]:
    """Names of the columns that hold at least two different values."""
    return [str(name) for name, column in frame.items() if distinct(column) > 1]


def codes(column: pd.Series, levels: int = LEVELS) -> Array:
    """``(n,)`` int64: 0 for the most frequent category, and so on; rare ones share the last code.

    Missing cells are a category. Ties go by name, so that the order of rows plays no part.
    """
    values = texts(column)
    counts = values.value_counts().rename_axis("level").reset_index(name="rows")
    order = counts.sort_values(["rows", "level"], ascending=[False, True])["level"]
    known = pd.Series(np.minimum(np.arange(len(order)), levels), index=order.to_numpy())
    return values.map(known).to_numpy(dtype=np.int64)


def encode(frame: pd.DataFrame) -> Array:
    """``(n, columns)`` float64 for scikit-learn's trees: numbers with NaN, categories as codes."""
    encoded = [
        numbers(column) if kind(column) == "numeric" else codes(column).astype(np.float64)
        for _, column in frame.items()
    ]
    return np.column_stack(encoded) if encoded else np.empty((len(frame), 0))


def sample(n: int, limit: int, seed: int) -> Array:
    """Sorted positions of at most ``limit`` of ``n`` rows, drawn without replacement by seed."""
    if n <= limit:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, n]).choice(n, limit, replace=False))


def region_means(x: Array, data: Data) -> pd.DataFrame:
    """``(n, features)`` mean of the input over each interpretable region."""
    member = data.feature_mask.reshape(-1)
    flat = x.reshape(len(x), len(member)).astype(np.float64)
    size = np.bincount(member, minlength=len(data.features))
    return pd.DataFrame(flat @ np.eye(len(data.features))[member] / size, columns=data.features)
