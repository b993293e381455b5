"""The order of rows in time, where the data have one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array

ROW = "row number"
"""What :attr:`Data.time` says where the rows of the source stand in the order of time."""
UNORDERED = "rows have no order in time; data.time names the column that orders them"


def moments(split: Split, time: str) -> Array:
    """``(n,)`` float64 that rises with time, NaN where a row has none; dates in days since 1970.

    ``time`` as :attr:`Data.time`. Raises :class:`NotApplicable` where the split has no such column
    or it holds neither numbers nor dates.
    """
    if time == ROW:
        return split.ids.astype(np.float64)
    cells = split.column(time) if time else None
    if cells is None:
        raise NotApplicable(UNORDERED if not time else f"the data have no column {time!r}")
    dated = pd.api.types.is_datetime64_any_dtype(cells)
    if not dated and pd.api.types.is_numeric_dtype(cells):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isfinite(values), values, np.nan)
    dates = pd.to_datetime(cells, errors="coerce", format=None if dated else "mixed", utc=True)
    if dates.isna().all() and cells.notna().any():
        raise NotApplicable(f"column {time!r} holds neither numbers nor dates")
    days = (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds() / 86400
    return days.to_numpy(dtype=np.float64)


def in_time(data: Data, names: Sequence[str]) -> tuple[Array, Array]:
    """Positions in the named splits, laid end to end, in the order of time, and their moments.

    Rows of one moment stay as they stand in the source; those without a moment are left out.
    Raises :class:`NotApplicable` where rows have no order.
    """
    splits = [data.splits[name] for name in names]
    when = np.concatenate([moments(one, data.time) for one in splits])
    order = np.lexsort((np.concatenate([one.ids for one in splits]), when))
    order = order[np.isfinite(when[order])]
    return order, when[order]
