"""The target of a table: class indices and their names, or finite numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def renamed(labels: pd.Series, names: Mapping[Any, str]) -> pd.Series:
    """Labels under the names that the recipe gives them; one without a name, and a missing one,
    stays as it is."""
    if not names:
        return labels
    told = {written(one): name for one, name in names.items()}
    return spelled(labels).map(lambda one: told.get(one, one)).where(labels.notna(), None)


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
    """``(n,)`` float32; raises :class:`DataError` where a value is missing or no finite number."""
    numbers = as_numbers(labels.astype(object), form)
    faults = {
        "is not a number": numbers.isna() & ~labels.isna(),
        "is infinite": np.isinf(numbers),
    }
    problems = absent(labels, reading)
    for message, wrong in faults.items():
        rows = labels.index[wrong.to_numpy()]
        if len(rows):
            place = reading.place(str(labels.name), int(rows[0]))
            said = f"{plain(labels[rows[0]])!r} {message}{_others(len(rows))}"
            problems.append(Problem(place, said, "a finite number"))
    if problems:
        raise DataError(problems)
    return numbers.to_numpy(dtype=np.float32)


def spelled(labels: pd.Series) -> pd.Series:
    """Labels as the classes are named."""
    return labels.astype(object).map(lambda one: written(plain(one)))


def missing_at(labels: pd.Series, reading: Reading) -> None:
    """Raise :class:`DataError` where targets are missing."""
    problems = absent(labels, reading)
    if problems:
        raise DataError(problems)


def absent(labels: pd.Series, reading: Reading) -> list[Problem]:
    """The first missing target and how many more, or nothing."""
    empty = labels.index[labels.isna()]
    if not len(empty):
        return []
    place = reading.place(str(labels.name), int(empty[0]))
    hint = f"a value in every row, or data.filter: [{{column: {labels.name}, missing: false}}]"
    return [Problem(place, f"the target is missing{_others(len(empty))}", hint)]


def _others(count: int) -> str:
    """How many more rows share the fault."""
    return f", as in {count - 1} more rows" if count > 2 else ", as in 1 more row" * (count - 1)
