"""A table's columns and a model's inputs, turned into each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xaiframe.data.encoding import Encoding
from xaiframe.data.face import Split
from xaiframe.data.tables.column import Column, Date, written
from xaiframe.explanation import Array


class TableEncoding(Encoding):
    """Each column owns a run of elements and is one interpretable feature.

    ``encode(raw(x))`` is ``x`` again for every row that came from a table.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.kinds = {one.name: one.kind for one in columns}
        self.levels = {one.name: one.levels for one in columns if one.own}
        widths = [one.width for one in columns]
        self.feature_mask = np.repeat(np.arange(len(widths)), widths)
        ends = np.cumsum(widths).tolist()
        self.parts = [slice(end - wide, end) for wide, end in zip(widths, ends, strict=True)]

    def encode(self, frame: pd.DataFrame) -> Array:
        """``(n, elements)`` float32 of typed columns, one column at a time."""
        x = np.empty((len(frame), len(self.feature_mask)), dtype=np.float32)
        for column, part in zip(self.columns, self.parts, strict=True):
            x[:, part] = column.elements(column.numbers(frame[column.name]))
        return x

    def raw(self, x: Array) -> pd.DataFrame:
        """The user's columns, typed: missing cells missing, whole numbers whole, dates dates."""
        numbers = self.values(x)
        cells = {one.name: one.restore(numbers[:, at]) for at, one in enumerate(self.columns)}
        return pd.DataFrame(cells, index=pd.RangeIndex(len(x)))

    def values(self, x: Array) -> Array:
        """``(n, columns)``: NaN for a missing number and for a level never seen in training."""
        pairs = zip(self.columns, self.parts, strict=True)
        return np.stack([one.values(x[:, part]) for one, part in pairs], axis=1)

    def elements(self, values: Array) -> Array:
        pairs = enumerate(self.columns)
        return np.concatenate([one.elements(values[:, at]) for at, one in pairs], axis=1)

    def tables(self, split: Split) -> dict[str, pd.DataFrame]:
        """``shown``: the cells as the user writes them; ``levels``: feature, code, level, and of
        a date the day from which its days are counted, at code 0."""
        shown = {one.name: one.shown(split.frame[one.name]) for one in self.columns}
        levels = [
            (name, code, level)
            for name, known in self.levels.items()
            for code, level in enumerate(known)
        ]
        levels += [
            (one.name, 0, written(one.first)) for one in self.columns if isinstance(one, Date)
        ]
        return {
            "shown": pd.DataFrame(shown, dtype=object),
            "levels": pd.DataFrame(levels, columns=["feature", "code", "level"]),
        }

    def unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """Categorical column → rows whose level is none of the training split's."""
        found = {
            one.name: int((np.isnan(one.numbers(frame[one.name])) & frame[one.name].notna()).sum())
            for one in self.columns
            if one.kind == "categorical"
        }
        return {name: rows for name, rows in found.items() if rows}
