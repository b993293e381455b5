"""How many training rows each class, each group of people and each intersection of two have."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.precaution.columns import codes, distinct, kind, numbers, texts

BANDS = 4
LEVELS = 20
"""Groups told apart per column; the rest are one."""
OTHER, MISSING = "(other)", "(missing)"


def grouped(column: pd.Series) -> pd.Series:
    """The group of each row, as text: a category, or of a number with more than ten values its
    quarter; missing values are a group."""
    if kind(column) == "numeric" and distinct(column) > 10:
        values = pd.Series(numbers(column))
        bands = pd.qcut(values, BANDS, duplicates="drop", precision=3)
        return bands.astype(object).where(values.notna(), MISSING).map(str)
    if kind(column) == "numeric":
        values = pd.Series(numbers(column))
        return values.map("{:g}".format).where(values.notna(), MISSING)
    named = texts(column).reset_index(drop=True)
    return named.where(codes(column, LEVELS) < LEVELS, OTHER)


def counted(data: Data) -> pd.DataFrame:
    """kind (class, group, intersection), column, group, rows, share of the training split."""
    train, parts = data.train, []
    if data.task == "classification":
        counts = np.bincount(train.y, minlength=len(data.classes))
        parts.append(_table("class", data.target, list(data.classes), counts))
    found = {}
    for name in data.sensitive:
        column = train.column(name)
        if column is not None and len(column):
            found[name] = grouped(column)
    for name, groups in found.items():
        parts.append(_counts("group", name, groups))
    for one, other in combinations(found, 2):
        pair = found[one] + " × " + found[other]
        parts.append(_counts("intersection", f"{one} × {other}", pair))
    if not parts:
        parts.append(_table("group", "", [], np.empty(0)))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(share=table["rows"] / max(len(train), 1))


def _counts(sort: str, column: str, groups: pd.Series) -> pd.DataFrame:
    sizes = groups.value_counts().rename_axis("group").reset_index(name="rows")
    sizes = sizes.sort_values(["rows", "group"], ascending=[False, True])
    return _table(sort, column, sizes["group"].tolist(), sizes["rows"].to_numpy())


def _table(sort: str, column: str, groups: list[str], rows: Array) -> pd.DataFrame:
    return pd.DataFrame(
        {"kind": sort, "column": column, "group": pd.Series(groups, dtype=object), "rows": rows}
    ).astype({"kind": object, "column": object, "rows": np.int64})
