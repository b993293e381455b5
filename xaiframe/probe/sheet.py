"""Rows as a person reads them: numbers, levels that hold or not, words that are there or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from xaiframe.data.face import Data
from xaiframe.data.messages.words import key
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array

FEWEST = 5
"""Training messages that a word must stand in, so that no single person's words are asked for."""
MOST = 400
"""Words that are asked for: those of the most training messages."""


@dataclass(frozen=True)
class Column:
    """One thing to be asked of a row.

    kind
        ``number`` (of an ordinal feature its code, of a date its days, of a region its mean),
        ``level`` (1 where ``feature`` is ``level``), ``word`` (1 where the message holds
        ``feature``), ``gap`` (1 where the value of ``feature`` is missing).
    """

    feature: str
    kind: Literal["number", "level", "word", "gap"]
    level: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is 0 or 1."""
        return self.kind != "number"


class Sheet:
    """Turns inputs ``(n, *input_shape)`` into ``(n, columns)`` float64 without gaps.

    A category has a column per level, two levels share one; a missing number is the training
    median, and a column beside it says so. Columns that never vary in training are left out.
    Raises :class:`NotApplicable` where nothing can be asked of every row alike.
    """

    def __init__(self, data: Data) -> None:
        if data.modality != "text" and not data.aligned:
            raise NotApplicable(
                "no segment is the same in two pictures, so nothing can be asked of all of them; "
                "patches can"
            )
        self.data = data
        first = data.train.x
        self._values = self._words if data.modality == "text" else data.encoding.values
        values = self._values(first)
        known = [values[~np.isnan(values[:, at]), at] for at in range(values.shape[1])]
        self.fill = np.array([np.median(one) if len(one) else 0.0 for one in known])
        offered = list(self._offered(values))
        table = self._table(values, offered)
        self.kept = [one for at, one in enumerate(offered) if np.ptp(table[:, at]) > 0]
        if not self.kept:
            raise NotApplicable("no feature takes more than one value in the training rows")

    @property
    def columns(self) -> list[Column]:
        return [column for column, _, _ in self.kept]

    def __call__(self, x: Array) -> Array:
        return self._table(self._values(x), self.kept)

    def _offered(self, values: Array) -> Iterator[tuple[Column, int, float]]:
        """Every column with the feature it reads and, where it says whether something holds, the
        code that it holds at."""
        encoding = self.data.encoding
        if self.data.modality == "text":
            yield from ((Column(word, "word"), at, 1.0) for at, word in enumerate(self.vocabulary))
            return
        for at, name in enumerate(self.data.features):
            levels = encoding.levels.get(name, ())
            if levels and encoding.kinds.get(name) != "ordinal":
                chosen = list(enumerate(levels))[len(levels) == 2 :]
                yield from ((Column(name, "level", one), at, float(code)) for code, one in chosen)
                continue
            yield Column(name, "number"), at, np.nan
            if np.isnan(values[:, at]).any():
                yield Column(name, "gap"), at, np.nan

    def _table(self, values: Array, columns: list[tuple[Column, int, float]]) -> Array:
        found = np.empty((len(values), len(columns)))
        for place, (column, at, code) in enumerate(columns):
            own, empty = values[:, at], np.isnan(values[:, at])
            if column.kind == "number":
                found[:, place] = np.where(empty, self.fill[at], own)
            else:
                found[:, place] = empty if column.kind == "gap" else own == code
        return found

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Word, case aside, → its column; words have a letter or a digit."""
        counts: Counter[str] = Counter()
        for row in self.data.train.x:
            counts.update(self._held(row))
        common = [(n, one) for one, n in counts.items() if n >= FEWEST]
        ranked = sorted(common, key=lambda pair: (-pair[0], pair[1]))[:MOST]
        return {one: at for at, (_, one) in enumerate(ranked)}

    def _words(self, x: Array) -> Array:
        found = np.zeros((len(x), len(self.vocabulary)))
        for row, own in zip(found, x, strict=True):
            row[[self.vocabulary[one] for one in self._held(own) if one in self.vocabulary]] = 1
        return found

    def _held(self, row: Array) -> set[str]:
        held = {key(one) for one in self.data.encoding.tokens(row)}
        return {one for one in held if any(sign.isalnum() for sign in one)}
