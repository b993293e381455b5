"""Tables: CSV, TSV, Parquet or Arrow files, or a data set that comes with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.data.module import DataModule, check_rows
from xaiframe.data.order import ROW
from xaiframe.data.split import Positions, Splitting, leaking
from xaiframe.data.tables.column import Boolean, Categorical, Column, Date, Numeric, Ordinal
from xaiframe.data.tables.csv import Format
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.data.tables.filter import kept
from xaiframe.data.tables.kinds import Kinds, Typed
from xaiframe.data.tables.reading import Reading, builtin, read
from xaiframe.data.tables.rows import only, reading_notes, require, shared_out
from xaiframe.data.tables.schema import enforce
from xaiframe.data.tables.target import class_indices, class_names, quantities, renamed
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact


class Table(DataModule):
    """Columns of numbers, levels and dates, and one target column.

    source, sha256
        a path, a glob (files of the same columns are joined), ``shared:…`` or ``https://…`` of
        ``.csv``, ``.tsv``, ``.parquet`` or ``.feather`` files, or ``builtin:breast_cancer``.
    target, task, classes, named
        the target's column; classes: their order, otherwise sorted; named: label in the source →
        name of its class, in order, so that a report need not speak of 0 and 1.
    features, drop, id
        columns the model sees (empty: all that are left; from Parquet only these are read);
        columns it never sees, kept aside; the column that names what a row is about, whose value
        may not lie in two splits.
    filter, schema
        conditions that an audited row meets (:func:`kept`); a pandera schema, or its path.
    kinds, dates, units
        column → ``numeric``, ``categorical``, ``boolean``, ``date`` or the levels of an ordinal
        column in order; column → strptime format, or a list of columns in ISO 8601; column → unit.
    time
        the column that orders the rows in time; empty: that of a split in time, if it is one.
    encoding, separator, decimal, thousands, missing
        how delimited text is written; an empty separator means a comma, or a tab for ``.tsv``.
    most_levels
        a categorical column keeps so many levels; the rarest become "(other)".
    split, split_column, test, validation, split_seed
        see :class:`Splitting`. Columns of given splits and of groups are no features.

    Missing numbers are filled with the training split's median, with an element beside them where
    training has any; the checks still see them missing. A row that is too long or short, or whose
    date cannot be read, is left out and counted as damage. Raises :class:`DataError` listing
    every problem found.
    """

    modality = "table"
    known: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "builtin:breast_cancer": {
            "rows": "-(-569 * test // 1)",
            "train": "569 * (1 - test - validation)",
            "features": "30 - drop",
            "elements": "30 - drop",
            "classes": "2",
        }
    }
    """Sizes of the built-in sources, so that a plan can count without loading them."""

    def __init__(
        self,
        source: str,
        target: str,
        task: Literal["classification", "regression"] = "classification",
        drop: Sequence[str] = (),
        units: Mapping[str, str] | None = None,
        test: float = 0.25,
        validation: float = 0.2,
        split_seed: int = 0,
        split: Literal["random", "group", "time", "given"] = "random",
        split_column: str = "",
        id: str = "",
        features: Sequence[str] = (),
        classes: Sequence[str | int | bool] = (),
        kinds: Mapping[str, str | Sequence[str | int]] | None = None,
        dates: Mapping[str, str] | Sequence[str] | None = None,
        filter: Sequence[Mapping[str, Any]] = (),
        schema: str | Mapping[str, Any] | None = None,
        encoding: str = "utf-8",
        separator: str = "",
        decimal: str = ".",
        thousands: str = "",
        missing: Sequence[str] = ("", "NA", "N/A", "NaN", "null"),
        most_levels: int = 30,
        sha256: str = "",
        time: str = "",
        named: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.source, self.sha256, self.target, self.task = source, sha256, target, task
        self.drop, self.units, self.id = tuple(drop), dict(units or {}), id
        self.wanted, self.named = tuple(features), dict(named or {})
        self.classes = tuple(classes) or tuple(dict.fromkeys(self.named.values()))
        self.filter, self.schema, self.most_levels = tuple(filter), schema, most_levels
        self.form = Format(encoding, separator, decimal, thousands, tuple(missing))
        spelled = dates if isinstance(dates, Mapping) else dict.fromkeys(dates or (), "")
        self.kinds = Kinds(dict(kinds or {}), dict(spelled), self.form)
        self.splitting = Splitting(split, split_column, test, validation, split_seed)
        self.time = time or (split_column or ROW if split == "time" else "")
        problems = list(self.kinds.misdeclared())
        if most_levels < 2:
            problems.append(Problem("data.most_levels", f"{most_levels} are too few", "2 or more"))
        if problems:
            raise DataError(problems)

    def load(self) -> Data:
        reading = self._read()
        typed, notes = self._typed(reading)
        frame = reading.frame
        labels = renamed(frame.pop(self.target), self.named)
        classes = () if self.task == "regression" else class_names(labels, self.classes, reading)
        y = self._answers(labels, classes, reading)
        problems = check_rows(reading.place(self.target), y, classes)
        if problems:
            raise DataError(problems)
        positions = self._positions(reading, y)
        ids, aside = frame.index.to_numpy(dtype=np.int64), self._aside(frame)
        frames = shared_out(frame, positions)
        encoding = TableEncoding(
            [self._column(name, typed, frames["train"]) for name in typed.kinds]
        )
        notes += list(reading_notes(typed, encoding, frames, self.most_levels))
        splits = {
            name: Split(
                ids[rows],
                encoding.encode(frames[name]),
                y[rows],
                frames[name][list(typed.kinds)],
                frames[name][aside] if aside else None,
            )
            for name, rows in positions.items()
        }
        return Data(
            modality="table",
            task=self.task,
            train=splits["train"],
            validation=splits["validation"],
            test=splits["test"],
            features=tuple(typed.kinds),
            feature_mask=encoding.feature_mask,
            classes=classes,
            target=self.target,
            units=self.units,
            dropped=tuple(aside),
            origin=self.source,
            encoding=encoding,
            damage=tuple(reading.damage),
            notes=tuple(notes),
            time=self.time,
        )

    def rows(self, source: str) -> Split:
        """New rows, in the columns and kinds of the loaded data."""
        data, encoding = self.data, self.data.encoding
        assert isinstance(encoding, TableEncoding)
        reading = read(source, "", self.form, None, self.kinds.as_text)
        require(reading, data.features, "a feature of the audited model")
        declared: dict[str, Any] = {
            one.name: one.own if isinstance(one, (Ordinal, Boolean)) else one.kind
            for one in encoding.columns
        }
        again = Kinds(declared, self.kinds.dates, self.form)
        typed = again.read(reading, [n for n in data.features if reading.frame[n].notna().any()])
        if typed.problems or typed.lost or reading.damage:
            raise DataError([*typed.problems, *typed.lost.values(), *reading.damage])
        frame = reading.frame
        y = np.full(len(frame), -1 if data.classes else np.nan)
        if self.target in frame and frame[self.target].notna().all():
            labels = renamed(frame[self.target], self.named)
            y = self._answers(labels, data.classes, reading)
        others = [name for name in frame.columns if name not in (*data.features, self.target)]
        ids = frame.index.to_numpy(dtype=np.int64)
        frame = frame.reset_index(drop=True)
        return Split(
            ids,
            encoding.encode(frame),
            y.astype(np.int64 if data.classes else np.float32),
            frame[list(data.features)],
            frame[others] if others else None,
        )

    def _answers(self, labels: pd.Series, classes: tuple[str, ...], reading: Reading) -> Array:
        return class_indices(labels, classes) if classes else quantities(labels, self.form, reading)

    def _read(self) -> Reading:
        """The columns that are needed, under names that are all there."""
        asked = [self.target, *self.wanted, *self.drop, *self.kinds.dates, *self.kinds.declared]
        asked += [self.id, self.splitting.column if self.splitting.kind != "random" else ""]
        asked += [str(one.get("column", "")) for one in self.filter]
        asked.append("" if self.time == ROW else self.time)
        needed = list(dict.fromkeys(name for name in asked if name))
        if self.source.startswith("builtin:"):
            reading = builtin(self.source.removeprefix("builtin:"), self.target)
        else:
            wanted = needed if self.wanted else None
            reading = read(self.source, self.sha256, self.form, wanted, self.kinds.as_text)
            reading.frame.columns = reading.frame.columns.map(str)
        require(reading, needed, "named in the recipe")
        unnamed = [
            n for n in map(str, reading.frame) if n.startswith("Unnamed: ") and n not in self.drop
        ]
        if unnamed:
            hint = f"data.drop: ['{unnamed[0]}']"
            raise DataError(Problem(reading.place(), "a column has no name", hint))
        if not self._features(reading.frame):
            message = "there is no column beside the target"
            raise DataError(Problem(reading.place(), message, "at least one feature"))
        return reading

    def _features(self, frame: pd.DataFrame) -> list[str]:
        """Columns that the model sees, in the order of the source."""
        out = {self.target, self.id, *self.drop}
        if self.splitting.kind in ("given", "group"):
            out.add(self.splitting.column)
        chosen = self.wanted or frame.columns
        return [name for name in chosen if name not in out]

    def _aside(self, frame: pd.DataFrame) -> list[str]:
        """Columns that the model never sees, but a check may ask about."""
        seen = set(self._features(frame))
        return [name for name in frame.columns if name not in seen]

    def _typed(self, reading: Reading) -> tuple[Typed, list[Fact]]:
        """Dates first, since a filter may ask for them; then rows that stay, schema, all kinds."""
        notes: list[Fact] = []
        first = self._dating(reading.frame).read(reading, ())
        reading.damage += [first.lost[row] for row in sorted(first.lost)]
        stay = ~reading.frame.index.isin(list(first.lost))
        if self.filter:
            met = kept(reading.frame, self.filter)
            notes.append(Fact("filtered", int((stay & ~met).sum()), "rows", n=int(stay.sum())))
            stay &= met
        reading.frame = only(reading.frame, stay)
        if first.problems or not len(reading.frame):
            gone = Problem(reading.place(), "no row is left", "data.filter")
            raise DataError(first.problems or gone)
        if self.schema:
            enforce(self.schema, reading)
            notes.append(Fact("schema_enforced", True))
        typed = self.kinds.read(reading, self._features(reading.frame))
        if typed.problems:
            raise DataError(typed.problems)
        reading.damage += [typed.lost[row] for row in sorted(typed.lost)]
        if typed.lost:
            reading.frame = only(reading.frame, ~reading.frame.index.isin(list(typed.lost)))
        return typed, notes

    def _dating(self, frame: pd.DataFrame) -> Kinds:
        """The kinds, with text columns that order rows in time among the dates."""
        kinds = self.kinds
        named = {self.time, self.splitting.column if self.splitting.kind == "time" else ""}
        dates = {
            name: "" for name in sorted(named - {"", ROW})
            if pd.api.types.is_string_dtype(frame[name])
        }  # fmt: skip
        return Kinds(kinds.declared, {**dates, **kinds.dates}, self.form) if dates else kinds

    def _positions(self, reading: Reading, y: Array) -> Positions:
        """Rows of each split; raises where one id lies in two of them."""
        frame = reading.frame
        by = frame[self.splitting.column] if self.splitting.column else None
        positions = self.splitting.positions(y, by, self.task == "classification")
        if self.id:
            found = leaking(frame[self.id], positions)
            if found:
                name, one, other = found[0]
                message = f"{name!r} lies in {one} and in {other}; so do {len(found) - 1} other ids"
                hint = f"data.split: group, data.split_column: {self.id}"
                raise DataError(Problem(reading.place(self.id), message, hint))
        return positions

    def _column(self, name: str, typed: Typed, train: pd.DataFrame) -> Column:
        """How a column becomes elements, learnt from the training split."""
        kind, cells = typed.kinds[name], train[name]
        if kind == "categorical":
            return Categorical.fit(name, cells, self.most_levels)
        if kind == "date":
            return Date.fit(name, cells)
        if kind == "numeric":
            return Numeric.fit(name, cells, pd.api.types.is_integer_dtype(cells))
        coded = Ordinal if kind == "ordinal" else Boolean
        return coded.fit(name, cells, typed.own[name])
