"""The target of a table: class indices and their names, or finite numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from xaiframe.data.tables.column import plain, written
from xaiframe.data.tables.csv import Format
from xaiframe.data.tables.kinds import as_numbers
from xaiframe.data.tables.reading import Reading
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

MANY = 50
"""More classes than this, all numbers, look like a quantity."""


def class_names(labels: pd.Series, declared: Sequence[Any], reading: Reading) -> tuple[str, ...]:
    """Names of the classes: as declared, in the order of a category's own levels, or sorted.

    Raises :class:`DataError` for a label that is not declared, and for a target that is no class.
    """
    missing_at(labels, reading)
    if isinstance(labels.dtype, pd.CategoricalDtype):
        found = [one for one in labels.cat.categories if (labels == one).any()]
    else:
        found = sorted(labels.unique().tolist(), key=lambda one: (isinstance(one, str), one))
    if len(found) > MANY and types.is_numeric_dtype(labels):
        message = f"{len(found)} different numbers are no classes"
        raise DataError(Problem(reading.place(str(labels.name)), message, "task: regression"))
    names = tuple(written(plain(one)) for one in found)
    order = tuple(written(one) for one in declared)
    unknown = [name for name in names if order and name not in order]
    if unknown:
        place = reading.place(str(labels.name), int(labels.index[spelled(labels) == unknown[0]][0]))
        raise DataError(
            Problem(place, f"{unknown[0]!r} is no class", f"data.classes: {', '.join(order)}")
        )
    return tuple(one for one in order if one in names) or names


def class_indices(labels: pd.Series, classes: Sequence[str]) -> Array:
    """``(n,)`` int64, −1 for a label that is none of the classes."""
    found = pd.Index(list(classes)).get_indexer(pd.Index(spelled(labels).to_numpy(dtype=object)))
    return np.asarray(found, dtype=np.int64)


def quantities(labels: pd.Series, form: Format, reading: Reading) -> Array:
    """``(n,)`` float32; raises :class:`DataError` at the first that is no finite number."""
    missing_at(labels, reading)
    numbers = as_numbers(labels.astype(object), form)
    for wrong, message in ((numbers.isna(), "is not a number"), (np.isinf(numbers), "is infinite")):
        if wrong.any():
            row = int(labels.index[wrong.to_numpy()][0])
            place = reading.place(str(labels.name), row)
            raise DataError(Problem(place, f"{plain(labels[row])!r} {message}", "a finite number"))
    return numbers.to_numpy(dtype=np.float32)


def spelled(labels: pd.Series) -> pd.Series:
    """Labels as the classes are named."""
    return labels.astype(object).map(lambda one: written(plain(one)))


def missing_at(labels: pd.Series, reading: Reading) -> None:
    """Raise :class:`DataError` at the first missing target."""
    empty = labels.index[labels.isna()]
    if len(empty):
        place = reading.place(str(labels.name), int(empty[0]))
        others = f", as in {len(empty) - 1} others" if len(empty) > 1 else ""
        hint = "a value in every row, or a filter: {column: …, missing: false}"
        raise DataError(Problem(place, f"the target is missing{others}", hint))
