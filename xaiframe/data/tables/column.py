"""One column of a table as a model's input elements, and back to the user's own values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from xaiframe.explanation import Array

MISSING, OTHER = "(missing)", "(other)"
EPOCH = pd.Timestamp(0)
DAY = 86400e9
"""Nanoseconds."""
DECIMALS = range(7)
"""Decimals that a float32 can still tell apart."""


@dataclass(frozen=True)
class Column:
    """A column whose values are single numbers: itself, a code, or days.

    fill
        what stands in for a missing value; gap: whether an element beside it says so, because the
        training split has missing values.
    own
        the user's values in the order of their codes, where codes stand for them.
    """

    name: str
    fill: float = 0.0
    gap: bool = False
    own: tuple[Any, ...] = ()

    kind: ClassVar[str] = "numeric"

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the codes."""
        return tuple(written(one) for one in self.own)

    @property
    def width(self) -> int:
        """How many elements the column has."""
        return 1 + self.gap

    def numbers(self, cells: pd.Series) -> Array:
        """``(n,)`` float64: value, code or days of each cell, NaN where there is none."""
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)

    def restore(self, numbers: Array) -> pd.Series:
        """``(n,)`` cells whose :meth:`numbers` these are."""
        raise NotImplementedError

    def elements(self, numbers: Array) -> Array:
        """``(n, width)`` float32 of ``numbers`` ``(n,)``."""
        empty = np.isnan(numbers)
        filled = np.where(empty, self.fill, numbers)
        columns = [filled, empty] if self.gap else [filled]
        return np.stack(columns, axis=1).astype(np.float32)

    def values(self, elements: Array) -> Array:
        """``(n,)`` float64 of ``elements`` ``(n, width)``, NaN where a value is missing."""
        found = elements[:, 0].astype(np.float64)
        return np.where(elements[:, 1] > 0.5, np.nan, found) if self.gap else found

    def shown(self, cells: pd.Series) -> list[str]:
        """The cells as the user would write them."""
        return [MISSING if pd.isna(one) else written(one) for one in cells]


@dataclass(frozen=True)
class Numeric(Column):
    """A number; ``decimals``: as many as tell the training split's numbers apart as float32, None
    beyond six; ``whole``: the user's numbers are integers."""

    decimals: int | None = None
    whole: bool = False

    @classmethod
    def fit(cls, name: str, train: pd.Series, whole: bool) -> Numeric:
        numbers = Column(name).numbers(train)
        present = numbers[~np.isnan(numbers)]
        found = (d for d in DECIMALS if same(np.round(present, d), present).all())
        return cls(name, middle(present), len(present) < len(numbers), (), next(found, None), whole)

    def restore(self, numbers: Array) -> pd.Series:
        """The shortest number that is the same float32; whole ones as integers."""
        if self.whole and not np.isnan(numbers).any():
            return pd.Series(np.round(numbers).astype(np.int64))
        if self.decimals is None:
            return pd.Series(numbers)
        near = np.round(numbers, self.decimals)
        return pd.Series(np.where(same(near, numbers), near, numbers))


@dataclass(frozen=True)
class Date(Column):
    """Days since the earliest training date; ``unit`` is the user's resolution."""

    first: pd.Timestamp = EPOCH
    unit: str = "ns"
    kind: ClassVar[str] = "date"

    @classmethod
    def fit(cls, name: str, train: pd.Series) -> Date:
        days = cls(name, first=train.min()).numbers(train)
        present = days[~np.isnan(days)]
        unit = np.datetime_data(train.to_numpy().dtype)[0]
        return cls(name, middle(present), len(present) < len(days), (), train.min(), unit)

    def numbers(self, cells: pd.Series) -> Array:
        return (pd.to_datetime(cells) - self.first).dt.total_seconds().to_numpy(
            dtype=np.float64
        ) / 86400

    def restore(self, numbers: Array) -> pd.Series:
        empty = np.isnan(numbers)
        passed = np.round(np.where(empty, 0, numbers) * DAY).astype("timedelta64[ns]")
        moments = np.where(empty, np.datetime64("NaT"), self.first.to_datetime64() + passed)
        return pd.Series(moments.astype(f"datetime64[{self.unit}]"))


@dataclass(frozen=True)
class Coded(Column):
    """Codes 0, 1, … in the order of ``own``."""

    @classmethod
    def fit(cls, name: str, train: pd.Series, own: tuple[Any, ...]) -> Coded:
        codes = cls(name, own=own).numbers(train)
        present = codes[~np.isnan(codes)]
        return cls(name, float(np.round(middle(present))), len(present) < len(codes), own)

    def numbers(self, cells: pd.Series) -> Array:
        return coded(cells, self.own)

    def restore(self, numbers: Array) -> pd.Series:
        return decoded(np.clip(np.round(numbers), 0, len(self.own) - 1), self.own)


class Ordinal(Coded):
    """Levels with an order."""

    kind: ClassVar[str] = "ordinal"


class Boolean(Coded):
    """Two values."""

    kind: ClassVar[str] = "boolean"


@dataclass(frozen=True)
class Categorical(Column):
    """One element per level, 1 for the cell's own; all 0 for a level that training never shows.

    ``own`` ends with "(other)" where the rarest levels were joined, then "(missing)" where the
    training split has missing cells.
    """

    kind: ClassVar[str] = "categorical"

    @classmethod
    def fit(cls, name: str, train: pd.Series, most: int) -> Categorical:
        """Levels in their own order; beyond ``most``, the rarest become "(other)"."""
        counts = train.dropna().astype(object).value_counts()
        kept = [*counts.index[: most - 1 if len(counts) > most else most]]
        own = tuple(plain(one) for one in sorted(kept, key=order))
        own += (OTHER,) if len(counts) > most else ()
        return cls(name, own=own + ((MISSING,) if train.isna().any() else ()))

    @property
    def width(self) -> int:
        return len(self.own)

    def numbers(self, cells: pd.Series) -> Array:
        """Codes; a level that training never shows is "(other)" where there is one, else NaN."""
        codes = coded(cells, self.own)
        empty = cells.isna().to_numpy()
        for joined, where in ((MISSING, empty), (OTHER, np.isnan(codes) & ~empty)):
            if joined in self.own:
                codes[where] = self.own.index(joined)
        return codes

    def restore(self, numbers: Array) -> pd.Series:
        own = tuple(None if one == MISSING else one for one in self.own)
        return decoded(numbers, own)

    def elements(self, numbers: Array) -> Array:
        return (np.round(numbers)[:, None] == np.arange(self.width)).astype(np.float32)

    def values(self, elements: Array) -> Array:
        """The largest element's code; NaN where none is larger than what is left to 1."""
        best = elements.argmax(axis=1)
        none = 1 - elements.sum(axis=1) >= elements.max(axis=1)
        return np.where(none, np.nan, best.astype(np.float64))


def coded(cells: pd.Series, own: tuple[Any, ...]) -> Array:
    """``(n,)`` float64 position of each cell in ``own``, NaN where it is not there."""
    found = pd.Index(list(own), dtype=object).get_indexer(cells.astype(object))
    return np.where(found < 0, np.nan, found.astype(np.float64))


def decoded(codes: Array, own: tuple[Any, ...]) -> pd.Series:
    """The cells behind ``codes``, typed as pandas reads them; None where a code is NaN."""
    known = np.array([*own, None], dtype=object)
    positions = np.where(np.isnan(codes), len(own), codes).astype(np.int64)
    return pd.Series(known[positions].tolist())


def same(one: Array, other: Array) -> Array:
    """``(n,)`` bool: whether two numbers are one float32."""
    return np.asarray(one.astype(np.float32) == other.astype(np.float32))


def middle(present: Array) -> float:
    """The median, 0 of nothing."""
    return float(np.median(present)) if len(present) else 0.0


def order(value: Any) -> tuple[bool, Any]:
    """Sorts numbers before texts, each in their own order."""
    return (True, value) if isinstance(value, str) else (False, value)


def plain(value: Any) -> Any:
    """A numpy scalar as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def written(value: Any) -> str:
    """A cell as text: a number to twelve digits, a date without its midnight."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.12g}"
    if isinstance(value, pd.Timestamp):
        return str(value).removesuffix(" 00:00:00")
    return str(value)
