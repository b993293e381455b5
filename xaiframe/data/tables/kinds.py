"""What each column of a table holds: declared or inferred, and its cells in that type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from xaiframe.data.tables.column import plain, written
from xaiframe.data.tables.csv import Format
from xaiframe.data.tables.reading import Reading
from xaiframe.errors import Problem

KINDS = ("numeric", "categorical", "boolean", "date")
ISO = "ISO8601"
MOSTLY = 0.5
"""Share of a text column's values beyond which it is taken for what they are."""
FREE = 50
"""A text column with more values than this, and than half its rows, tells rows apart."""


@dataclass
class Typed:
    """kinds: kind per column; own: values of ordinal and boolean columns in their order;
    inferred: columns whose kind nobody declared; lost: rows with a cell that cannot be read."""

    kinds: dict[str, str] = field(default_factory=dict)
    own: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    inferred: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lost: dict[int, Problem] = field(default_factory=dict)


class Kinds:
    """Reads the cells of columns.

    declared: column → numeric, categorical, boolean, date, or the levels of an ordinal column in
    their order. dates: column → how it writes its dates (strptime), ISO 8601 where empty.
    """

    def __init__(self, declared: Mapping[str, Any], dates: Mapping[str, str], form: Format) -> None:
        self.declared = {**dict.fromkeys(dates, "date"), **declared}
        self.dates, self.form = dates, form

    @property
    def as_text(self) -> list[str]:
        """Columns that delimited text keeps as written: 01 is no number in a post code."""
        return [name for name, kind in self.declared.items() if kind != "numeric"]

    def misdeclared(self) -> Iterator[Problem]:
        """A problem per declaration that says nothing."""
        for name, kind in self.declared.items():
            listed = isinstance(kind, Sequence) and not isinstance(kind, str)
            if not (kind in KINDS or (listed and len(set(map(written, kind))) == len(kind) > 1)):
                hint = f"{', '.join(KINDS)}, or the levels of an ordinal column in their order"
                yield Problem(f"data.kinds.{name}", f"{kind!r} is no kind", hint)

    def read(self, reading: Reading, features: Sequence[str]) -> Typed:
        """Types the columns of ``reading.frame`` in place; declared dates also where they are no
        ``features``. Cells that cannot be read are problems, or lose their row."""
        found = Typed()
        others = [name for name in self.dates if name not in features and name in reading.frame]
        for name in (*features, *others):
            cells = reading.frame[name]
            kind = self.declared.get(name) or inferred(cells)
            if name not in self.declared:
                found.inferred.append(name)
            own = () if isinstance(kind, str) else tuple(kind)
            kind = kind if isinstance(kind, str) else "ordinal"
            found.kinds[name] = kind
            reading.frame[name] = self._cells(name, cells, kind, own, reading, found)
        return found

    def _cells(
        self, name: str, cells: pd.Series, kind: str, own: Sequence[Any], reading: Reading,
        found: Typed,
    ) -> pd.Series:  # fmt: skip
        """The cells of one column in their type; what is wrong is added to ``found``."""
        if cells.isna().all():
            hint = "drop it with data.drop"
            found.problems.append(Problem(reading.place(name), "every cell is missing", hint))
            return cells
        if kind == "date":
            return self._dates(name, cells, reading, found)
        if kind == "numeric":
            return self._numbers(name, cells, reading, found)
        levels, message = plain_levels(cells), ""
        if kind == "categorical":
            message = self._mixed(name, levels, reading, found)
        elif kind == "boolean":
            found.own[name] = tuple(plain(one) for one in sorted(levels.dropna().unique(), key=str))
            if len(found.own[name]) != 2:
                known = ", ".join(map(written, found.own[name][:6]))
                message = f"it has {len(found.own[name])} values, not two: {known}"
        else:
            message = self._ordered(name, levels, own, reading, found)
        if message:
            found.problems.append(Problem(reading.place(name), message, "data.kinds or data.drop"))
        # whole numbers that name levels are no quantity, whoever reads the frame
        return levels.astype("category") if types.is_integer_dtype(levels) else levels

    def _dates(self, name: str, cells: pd.Series, reading: Reading, found: Typed) -> pd.Series:
        """Dates without a zone (UTC where they had one); rows that hold none are lost, unless it
        is more than half of them."""
        form = self.dates.get(name) or ISO
        moments = as_dates(cells, form)
        wrong = np.flatnonzero(moments.isna() & cells.notna())
        hint = "YYYY-MM-DD" if form == ISO else form
        rows = cells.index.to_numpy()[wrong].tolist()
        problems = {
            row: Problem(reading.place(name, row), f"{cells[row]!r} is no date", hint)
            for row in rows
        }
        if len(wrong) > MOSTLY * len(cells):
            first = next(iter(problems.values()))
            message = f"{first.message}, nor are {len(wrong) - 1} others"
            found.problems.append(
                Problem(first.place, message, f"data.dates: {{{name}: %d.%m.%Y}}")
            )
        else:
            found.lost |= problems
        return moments

    def _numbers(self, name: str, cells: pd.Series, reading: Reading, found: Typed) -> pd.Series:
        numbers, rows = as_numbers(cells, self.form), cells.index.to_numpy()
        wrong = np.flatnonzero(numbers.isna() & cells.notna())
        if len(wrong):
            place = reading.place(name, int(rows[wrong[0]]))
            hint = "a number; or say what the column holds in data.kinds"
            message = f"{cells.iloc[wrong[0]]!r} is not a number"
            found.problems.append(Problem(place, message, hint))
            return numbers
        with np.errstate(over="ignore"):
            small = numbers.to_numpy(dtype=np.float64, na_value=np.nan).astype(np.float32)
        endless = np.flatnonzero(np.isinf(small))
        if len(endless):
            place = reading.place(name, int(rows[endless[0]]))
            cell = written(plain(numbers.iloc[endless[0]]))
            found.problems.append(Problem(place, f"the value is infinite: {cell}", "below 3.4e38"))
        return numbers

    def _mixed(self, name: str, cells: pd.Series, reading: Reading, found: Typed) -> str:
        """What speaks against an undeclared category: mostly numbers, or a text for every row."""
        if name in self.declared or not types.is_string_dtype(cells):
            return "" if name in self.declared else strange(cells)
        counts = cells.value_counts()
        numbers = as_numbers(pd.Series(counts.index), self.form).notna().to_numpy()
        if MOSTLY * counts.sum() < counts[numbers].sum() < counts.sum():
            odd = counts.index[~numbers]
            row = int(cells.index[cells.isin(odd)][0])
            hint = "data.missing, if it stands for none; or say what the column holds in data.kinds"
            found.problems.append(
                Problem(reading.place(name, row), f"{cells[row]!r} is not a number", hint)
            )
        elif len(counts) > max(FREE, MOSTLY * len(cells)):
            return f"{len(counts)} different texts in {len(cells)} rows tell rows apart"
        return ""

    def _ordered(
        self, name: str, cells: pd.Series, order: Sequence[Any], reading: Reading, found: Typed
    ) -> str:
        """Levels of an ordinal column as the cells spell them; every cell must be one."""
        if not order:  # an ordered dictionary of a Parquet file
            order = list(reading.frame[name].cat.categories)
        spelled = {written(plain(one)): plain(one) for one in cells.dropna().unique()}
        found.own[name] = tuple(spelled.get(written(one), one) for one in order)
        unknown = [one for one in spelled if one not in set(map(written, order))]
        return f"{unknown[0]!r} is no level" if unknown else ""


def inferred(cells: pd.Series) -> str:
    """The kind of a column by its type, a column of text by its values."""
    if types.is_bool_dtype(cells):
        return "boolean"
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return "ordinal" if cells.cat.ordered else "categorical"
    if types.is_datetime64_any_dtype(cells):
        return "date"
    if types.is_numeric_dtype(cells):
        return "numeric"
    values = cells.dropna()
    if len(values) and values.map(lambda one: isinstance(one, bool)).all():
        return "boolean"
    distinct = pd.Series(values.unique())
    some = distinct.head(1000)
    looks = types.is_string_dtype(some) and some.str.match(r"\d{4}-\d\d-\d\d").mean() > MOSTLY
    return "date" if len(some) and looks else "categorical"


def as_dates(cells: pd.Series, form: str) -> pd.Series:
    """Moments without a zone, NaT for what is none."""
    if not types.is_datetime64_any_dtype(cells):
        cells = pd.to_datetime(cells, format=form, errors="coerce", utc=True)
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return cells.dt.tz_convert("UTC").dt.tz_localize(None)
    return cells


def as_numbers(cells: pd.Series, form: Format) -> pd.Series:
    """Numbers as the format writes them, NaN for what is none."""
    if types.is_bool_dtype(cells):
        return cells.astype(np.int64)
    if types.is_numeric_dtype(cells):
        return cells
    texts = cells.astype(object).where(cells.notna(), None)
    if form.thousands or form.decimal != ".":
        texts = texts.map(lambda one: respelled(one, form) if isinstance(one, str) else one)
    return pd.to_numeric(texts, errors="coerce")


def respelled(text: str, form: Format) -> str:
    """A number with a point and no separator of thousands."""
    joined = text.replace(form.thousands, "") if form.thousands else text
    return joined.replace(form.decimal, ".")


def plain_levels(cells: pd.Series) -> pd.Series:
    """Cells of a column of levels: whole numbers where all are written as such."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object).infer_objects()
    if not types.is_string_dtype(cells):
        return cells
    spelled = cells.dropna().unique()
    if not all(str(one).isdecimal() and str(int(one)) == one for one in spelled):
        return cells
    return pd.to_numeric(cells)


def strange(cells: pd.Series) -> str:
    """Why a column that is neither number, text, date nor truth value cannot be a category."""
    values = cells.dropna()
    odd = values[~values.map(lambda one: isinstance(one, (str, bool, int, float, np.generic)))]
    return f"it holds {type(odd.iloc[0]).__name__} values" if len(odd) else ""
