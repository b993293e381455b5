"""A pandera schema inferred from the training split, and what other splits break of it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandas.api import types
from scipy.stats import norm

from xaiframe.precaution.columns import distinct, kind, missing, numbers


def infer(train: pd.DataFrame, margin: float, categories: int) -> pa.DataFrameSchema:
    """Type, nullability, range or categories of every column, in built-in checks only: pandera
    leaves every other check out of YAML without a word.

    margin
        how far beyond the training range a number may lie, in widths of that range: the range
        itself is broken by chance by some row of almost every new sample.
    categories
        a column with more distinct values than this is not held to them.
    """
    return pa.DataFrameSchema(
        {str(name): _column(column, margin, categories) for name, column in train.items()}
    )


def _column(column: pd.Series, margin: float, categories: int) -> pa.Column:
    gaps = missing(column.to_frame()).to_numpy()
    checks = _bounds(column, margin) if kind(column) == "numeric" else _known(column, categories)
    return pa.Column(str(column.dtype), checks, nullable=bool(gaps.any()))


def _bounds(column: pd.Series, margin: float) -> list[pa.Check]:
    if not (types.is_integer_dtype(column.dtype) or types.is_float_dtype(column.dtype)):
        return []
    values = numbers(column)
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return []
    low, high = float(values.min()), float(values.max())
    reach = margin * (high - low)
    floor = max(low - reach, 0.0) if never_negative(values) else low - reach
    return [
        pa.Check.greater_than_or_equal_to(floor),
        pa.Check.less_than_or_equal_to(high + reach),
    ]


def never_negative(values: np.ndarray[Any, Any]) -> bool:
    """Whether zero is a floor: no value is below it, although of as many normal values with the
    same mean and sd more than five would be (chance below 1 %, e⁻⁵)."""
    if values.min() < 0 or not values.std() > 0:
        return False
    return bool(len(values) * norm.cdf(-values.mean() / values.std()) > 5)


def _known(column: pd.Series, categories: int) -> list[pa.Check]:
    """Held to its categories only if each occurs at least twice: the share of values never seen
    is about that of values seen once (Good 1953, doi:10.1093/biomet/40.3-4.237)."""
    if types.is_bool_dtype(column.dtype) or not 0 < distinct(column) <= categories:
        return []
    counts = column.dropna().value_counts()
    counts = counts[counts > 0]
    return [pa.Check.isin(sorted(counts.index, key=str))] if counts.min() > 1 else []


def breaches(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """What ``frame`` breaks: column, check, cells broken, and the first offending value as text.

    A column that is absent or of another type counts as one broken cell. Infinite numbers are
    read as missing.
    """
    infinite = missing(frame) & frame.notna()
    readable = frame.mask(infinite) if infinite.to_numpy().any() else frame
    try:
        with warnings.catch_warnings():
            # pandera compares strings to bounds where the type is already wrong
            warnings.simplefilter("ignore")
            schema.validate(readable, lazy=True)
    except pa.errors.SchemaErrors as error:
        return _tally(error.failure_cases)
    return pd.DataFrame({"column": [], "check": [], "cells": [], "example": []})


def _tally(cases: pd.DataFrame) -> pd.DataFrame:
    located = cases["column"].where(cases["column"].notna(), cases["failure_case"])
    told = pd.DataFrame(
        {
            "column": located.astype(str),
            "check": cases["check"].astype(str),
            "example": cases["failure_case"].astype(str),
        }
    )
    grouped = told.groupby(["column", "check"], sort=True)["example"]
    tally = grouped.agg(cells="size", example="first").reset_index()
    return tally.assign(cells=tally["cells"].where(~tally["check"].str.startswith("dtype"), 1))
