"""Where a table's numbers stand among the model's input elements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.explanation import Array

NONE = -1


@dataclass(frozen=True)
class Numbers:
    """Columns of plain numbers: ``at`` ``(k,)`` the element of each column's value, ``gap`` that of
    the indicator that it is missing, −1 where the column has none."""

    names: tuple[str, ...]
    at: Array
    gap: Array

    @classmethod
    def of(cls, data: Data) -> Numbers:
        """Those of a table; every element of data that are not encoded column by column."""
        encoding = data.encoding
        if not isinstance(encoding, TableEncoding):
            every = np.arange(int(np.prod(data.input_shape)))
            return cls(data.features, every, np.full(len(every), NONE))
        found = [
            (column.name, part.start, part.start + 1 if column.gap else NONE)
            for column, part in zip(encoding.columns, encoding.parts, strict=True)
            if column.kind == "numeric"
        ]
        at = np.array([one for _, one, _ in found], dtype=np.int64)
        gap = np.array([one for *_, one in found], dtype=np.int64)
        return cls(tuple(name for name, *_ in found), at, gap)

    def missing(self, x: Array) -> Array:
        """``(n, k)`` bool: which numbers of ``x`` ``(n, elements)`` only stand in for missing."""
        marked = x[:, self.gap] > 0.5
        return np.asarray(marked & (self.gap != NONE))

    def present(self, x: Array) -> Array:
        """``(n, k)`` float64 numbers, NaN where missing."""
        return np.where(self.missing(x), np.nan, x[:, self.at].astype(np.float64))
