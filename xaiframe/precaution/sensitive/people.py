"""Who is told apart: the sensitive columns of a split, read into groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from pandas.api import types

from xaiframe.data.face import Data, Split
from xaiframe.data.groups.grouping import Grouping, groupings
from xaiframe.errors import NotApplicable
from xaiframe.precaution.columns import MISSING, kind, numbers, texts

MOST = 30
"""Values of a column told apart, the most frequent first; the others are one group."""
OTHERS = "(others)"
PAIR = " × "


def people(
    data: Data, split: Split, bins: Mapping[str, Sequence[float]], pairs: bool = True
) -> list[Grouping]:
    """The groups of each sensitive column, then of each pair of them.

    Numbers of more than 8 values are cut at ``bins`` or at their quartiles, dates are read as
    years. Raises NotApplicable where no column is declared, or one is not in the data.
    """
    if not data.sensitive:
        raise NotApplicable("strategy.sensitive names no column")
    found = {name: split.column(name) for name in data.sensitive}
    gone = [name for name, column in found.items() if column is None]
    if gone:
        raise NotApplicable(f"the data have no column {', '.join(gone)}")
    frame = pd.DataFrame({n: _read(column) for n, column in found.items() if column is not None})
    every = groupings(frame, bins)
    return every if pairs else every[: len(found)]


def _read(column: pd.Series) -> pd.Series:
    """Numbers as they are (not finite: missing), years of dates, otherwise frequent texts."""
    column = column.reset_index(drop=True)
    if types.is_datetime64_any_dtype(column):
        return column.dt.year.astype("float64")
    if kind(column) == "numeric":
        return pd.Series(numbers(column))
    values = texts(column)
    counts = values[values != MISSING].value_counts().rename_axis("value").reset_index(name="rows")
    kept = counts.sort_values(["rows", "value"], ascending=[False, True])["value"].head(MOST)
    return values.where(values.isin([*kept, MISSING]), OTHERS).where(column.notna())
