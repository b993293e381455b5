"""Which rows of a table are audited: conditions on its columns, as data and never as code."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "above": operator.gt,
    "below": operator.lt,
    "at_least": operator.ge,
    "at_most": operator.le,
}
LISTED = ("is", "not", "in")
WORDS = (*LISTED, "between", *COMPARED, "missing")


def kept(frame: pd.DataFrame, conditions: Sequence[Mapping[str, Any]]) -> Array:
    """``(n,)`` bool: rows that meet every condition.

    A condition names a ``column`` and what its cells must be: ``is`` a value, ``in`` a list,
    ``not`` a value or list, ``between`` two ends that count, ``above``, ``below``, ``at_least``,
    ``at_most``, or ``missing`` true or false. A missing cell meets none but the last.

    Raises :class:`DataError` with every condition that cannot be read.
    """
    keep, problems = np.ones(len(frame), dtype=bool), []
    for number, condition in enumerate(conditions):
        place = f"data.filter[{number}]"
        try:
            keep &= met(frame, condition)
        except (ValueError, TypeError) as error:
            problems.append(Problem(place, str(error), f"column and one of {', '.join(WORDS)}"))
    if problems:
        raise DataError(problems)
    return keep


def met(frame: pd.DataFrame, condition: Mapping[str, Any]) -> Array:
    """``(n,)`` bool of one condition; raises ValueError where it says nothing or nonsense."""
    tests = {word: value for word, value in condition.items() if word != "column"}
    unknown = [word for word in tests if word not in WORDS]
    if unknown or not tests or "column" not in condition:
        raise ValueError(f"it says {', '.join(map(repr, unknown)) or 'nothing'} of a column")
    name = condition["column"]
    if name not in frame:
        raise ValueError(f"there is no column {name!r}")
    cells, keep = frame[name], np.ones(len(frame), dtype=bool)
    for word, value in tests.items():
        keep &= passed(cells, word, value)
    return keep


def passed(cells: pd.Series, word: str, value: Any) -> Array:
    """``(n,)`` bool of one word."""
    present = cells.notna().to_numpy()
    if word == "missing":
        if not isinstance(value, bool):
            raise ValueError(f"missing is true or false, not {value!r}")
        return ~present if value else present
    if word in LISTED:
        listed = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        inside = cells.isin([comparable(cells, one) for one in listed]).to_numpy(dtype=bool)
        return present & (~inside if word == "not" else inside)
    if word == "between":
        if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 2:
            raise ValueError(f"between takes two ends, not {value!r}")
        return passed(cells, "at_least", value[0]) & passed(cells, "at_most", value[1])
    if not (types.is_numeric_dtype(cells) or types.is_datetime64_any_dtype(cells)):
        raise ValueError(f"column {cells.name!r} has no order, so nothing is {word} {value!r}")
    found = COMPARED[word](cells, comparable(cells, value)).to_numpy(dtype=bool, na_value=False)
    return np.asarray(present & found)


def comparable(cells: pd.Series, value: Any) -> Any:
    """``value`` in the column's own type; raises ValueError where it has none."""
    if types.is_datetime64_any_dtype(cells):
        return pd.Timestamp(value)
    if types.is_bool_dtype(cells) and isinstance(value, bool):
        return value
    if types.is_numeric_dtype(cells):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{value!r} is not a number, as column {cells.name!r} holds")
        return value
    return value if value in set(cells.dropna().unique()) else str(value)
