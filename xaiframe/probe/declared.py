"""Concepts as declared conditions on rows: columns, classes, words; data, never code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array

BOUNDS = ("above", "below", "equals")
KEYS = ("column", *BOUNDS, "classes", "word")


def fault(name: str, condition: Any) -> str:
    """What is wrong with the form of a condition, in words; empty where nothing is."""
    if not isinstance(condition, Mapping) or not condition:
        return f"{name}: a condition is a mapping such as {{column: area, above: 800}}"
    unknown = [str(key) for key in condition if key not in KEYS]
    if unknown:
        return f"{name}: no condition is called {', '.join(unknown)}; there are {', '.join(KEYS)}"
    bounds = [key for key in BOUNDS if key in condition]
    if ("column" in condition) != bool(bounds):
        return f"{name}: a column goes with above, below or equals, and they with a column"
    for key in ("above", "below"):
        value = condition.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"{name}: {key} must be a number, not {value!r}"
    if "classes" in condition and isinstance(condition["classes"], (str, Mapping)):
        return f"{name}: classes must be a list"
    return ""


def meeting(name: str, condition: Mapping[str, Any], data: Data, rows: Split) -> Array:
    """``(n,)`` bool: which of ``rows`` meet every part of the condition; a missing value does not.

    Raises NotApplicable, naming what there is instead, for a column, class or word that the data
    do not have.
    """
    met = np.ones(len(rows), dtype=bool)
    if "column" in condition:
        met &= _column(name, condition, rows)
    if "classes" in condition:
        met &= _classes(name, condition["classes"], data, rows)
    if "word" in condition:
        met &= _word(name, str(condition["word"]), data, rows)
    return met


def said(condition: Mapping[str, Any]) -> str:
    """The condition in words: ``mean area above 800``."""
    parts = [
        f"{condition['column']} {'is' if key == 'equals' else key} {condition[key]}"
        for key in BOUNDS
        if key in condition
    ]
    if "classes" in condition:
        parts.append("class " + " or ".join(str(one) for one in condition["classes"]))
    if "word" in condition:
        parts.append(f"contains the word {condition['word']}")
    return " and ".join(parts)


def _column(name: str, condition: Mapping[str, Any], rows: Split) -> Array:
    column = rows.column(str(condition["column"]))
    if column is None:
        known = [*map(str, rows.frame), *map(str, [] if rows.aside is None else rows.aside)]
        near = difflib.get_close_matches(str(condition["column"]), known, 3) or known[:5]
        raise NotApplicable(
            f"concept {name}: no column is called {condition['column']!r}; "
            f"there are for example {', '.join(near) or 'none'}"
        )
    met = column.notna().to_numpy(copy=True)
    if "equals" in condition:
        met &= np.asarray(column.astype(str) == str(condition["equals"]))
    bounds = [key for key in ("above", "below") if key in condition]
    if bounds and not pd.api.types.is_numeric_dtype(column):
        raise NotApplicable(
            f"concept {name}: {condition['column']!r} holds no numbers: use equals instead"
        )
    for key in bounds:
        met &= np.asarray(column > condition[key] if key == "above" else column < condition[key])
    return met


def _classes(name: str, wanted: Any, data: Data, rows: Split) -> Array:
    if data.task != "classification":
        raise NotApplicable(f"concept {name}: there are no classes, the target is a quantity")
    numbers = []
    for one in wanted:
        if str(one) not in data.classes:
            known = ", ".join(data.classes[:12])
            raise NotApplicable(f"concept {name}: no class is called {one!r}; there are {known}")
        numbers.append(data.classes.index(str(one)))
    return np.isin(rows.y, numbers)


def _word(name: str, word: str, data: Data, rows: Split) -> Array:
    if data.modality != "text":
        raise NotApplicable(f"concept {name}: only messages have words; name a column instead")
    sought = word.casefold()
    return np.array(
        [any(one.casefold() == sought for one in data.encoding.tokens(row)) for row in rows.x]
    )
