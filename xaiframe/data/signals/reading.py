"""Series as files hold them: a row each, a row per sample, or arrays of NumPy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from xaiframe.data.signals.samples import Curve
from xaiframe.data.source import files
from xaiframe.data.tables.csv import Format, one_line
from xaiframe.data.tables.reading import Reading, read
from xaiframe.data.tables.rows import require
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

Layout = Literal["wide", "long", "recording"]
STEPS: Mapping[str, Any] = {
    **{name: name for name in ("ms", "s", "min", "h")},
    **dict.fromkeys(("d", "day", "days"), "D"),
    **dict.fromkeys(("week", "weeks"), "W"),
}
"""Units of time that dates can be counted in."""
MISSING = ("", "NA", "N/A", "NaN", "nan", "null")


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; an empty name is one that the source does not have.

    channels: wide: name → prefix of its columns or a list of them; otherwise the columns
    themselves. Empty: all that are left, wide as one channel called ``value``.
    """

    layout: Layout
    channels: Mapping[str, Any] | Sequence[str] = ()
    target: str = ""
    id: str = ""
    time: str = ""
    other: str = ""
    unit: str = "sample"

    @property
    def named(self) -> list[str]:
        """Columns that are no channel."""
        return [name for name in (self.id, self.time, self.target, self.other) if name]


@dataclass
class Recorded:
    """curves: in the order of the source; channels: their names; step: time between two samples,
    0 where nothing says; damage: what could not be read."""

    curves: list[Curve]
    channels: tuple[str, ...]
    step: float = 0.0
    damage: list[Problem] = field(default_factory=list)


def recorded(source: str, sha256: str, form: Format, columns: Columns, target: bool) -> Recorded:
    """Every series of the source; ``target``: whether the target's column must be there.

    Raises :class:`DataError` where nothing can be read, or a column is missing.
    """
    reading = _arrays(source, sha256) or read(source, sha256, form, None, _as_text(columns))
    reading.frame.columns = reading.frame.columns.map(str)
    needed = [one for one in columns.named if target or one not in (columns.target, columns.other)]
    require(reading, needed, "named in the recipe")
    known = Columns(**{**vars(columns), **{
        key: "" for key in ("target", "other") if getattr(columns, key) not in reading.frame
    }})  # fmt: skip
    return wide(reading, known) if columns.layout == "wide" else long(reading, known)


def _as_text(columns: Columns) -> list[str]:
    return [name for name in (columns.id, columns.target) if name]


def _arrays(source: str, sha256: str) -> Reading | None:
    """The arrays of one ``.npz`` as columns, ``(n, k)`` as ``name0`` …; None for other files."""
    paths = files(source, sha256)
    if paths[0].suffix.lower() != ".npz":
        return None
    if len(paths) > 1:
        raise DataError(Problem(source, f"{len(paths)} archives match", "one .npz"))
    try:
        with np.load(paths[0], allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, BadZipFile) as error:
        message = f"cannot be read: {one_line(error)}"
        raise DataError(Problem(str(paths[0]), message, "arrays of numbers or text")) from None
    shapes = {name: array.shape for name, array in arrays.items()}
    if not arrays or any(len(one) not in (1, 2) for one in shapes.values()):
        message = f"its arrays have shapes {shapes}"
        raise DataError(Problem(str(paths[0]), message, "one dimension each, or two"))
    if len({one[0] for one in shapes.values()}) > 1:
        message = f"its arrays differ in length: {shapes}"
        raise DataError(Problem(str(paths[0]), message, "one entry per sample or series"))
    parts: dict[str, Array] = {}
    for name, array in arrays.items():
        flat = (
            {name: array} if array.ndim == 1 else {f"{name}{k}": c for k, c in enumerate(array.T)}
        )
        parts.update(flat)
    frame = pd.DataFrame(parts)
    if frame.empty:
        raise DataError(Problem(str(paths[0]), "its arrays are empty", "samples"))
    return Reading(frame, names=[str(paths[0])])


def wide(reading: Reading, columns: Columns) -> Recorded:
    """One curve per row."""
    frame = reading.frame
    groups = _wide_channels(reading, columns)
    cells, faults = numbers(frame, [name for own in groups.values() for name in own])
    damage = [*reading.damage]
    damage += [
        Problem(reading.place(column, row), said, "a number; the series is left out")
        for row, (column, said) in faults.items()
    ]
    used = {name for own in groups.values() for name in own} | {columns.target}
    aside = frame[[name for name in frame.columns if name not in used]]
    values = cells.to_numpy().reshape(len(frame), len(groups), -1)
    labels = _cells(frame, columns.target)
    by = _cells(frame, columns.other)
    names = _cells(frame, columns.id) if columns.id else None
    curves = [
        Curve(
            f"row {row + 1}" if names is None else str(names[place]),
            reading.place("", row),
            values[place],
            labels[place : place + 1],
            by[place : place + 1],
            aside=dict(zip(aside.columns, own, strict=True)),
            id="" if names is None else str(names[place]),
        )
        for place, (row, own) in enumerate(
            zip(frame.index.tolist(), aside.itertuples(index=False, name=None), strict=True)
        )
        if row not in faults
    ]
    return Recorded(curves, tuple(groups), 0.0, damage)


def _wide_channels(reading: Reading, columns: Columns) -> dict[str, list[str]]:
    """Channel → its columns in order of time, as many for each."""
    frame, out = reading.frame, set(columns.named)
    declared = columns.channels
    if not declared:
        groups = {"value": [name for name in frame.columns if name not in out]}
    elif isinstance(declared, Mapping):
        groups = {
            str(name): _behind(frame, str(own)) if isinstance(own, str) else [str(k) for k in own]
            for name, own in declared.items()
        }
    else:
        groups = {str(name): _behind(frame, str(name)) for name in declared}
    require(reading, [name for own in groups.values() for name in own], "a sample of a channel")
    problems = [
        Problem(reading.place(), f"channel {name!r} has {len(own)} columns",
                "at least 2: a prefix that numbers follow, or a list")
        for name, own in groups.items()
        if len(own) < 2
    ]  # fmt: skip
    if not problems and len({len(own) for own in groups.values()}) > 1:
        said = ", ".join(f"{name} {len(own)}" for name, own in groups.items())
        problems.append(
            Problem(reading.place(), f"channels differ in length: {said}", "as many samples each")
        )
    if problems:
        raise DataError(problems)
    return groups


def _behind(frame: pd.DataFrame, prefix: str) -> list[str]:
    """Columns of a prefix and a number, in the order of the numbers."""
    form = re.compile(re.escape(prefix) + r"[ _\-.]?(\d+)")
    found = [(int(hit[1]), name) for name in frame.columns if (hit := form.fullmatch(name))]
    return [name for _, name in sorted(found)]


def long(reading: Reading, columns: Columns) -> Recorded:
    """One curve per id, or a single one, of rows with a sample of every channel."""
    frame, out = reading.frame, set(columns.named)
    channels = [*map(str, columns.channels)] or [n for n in frame.columns if n not in out]
    require(reading, channels, "a channel")
    if not channels:
        raise DataError(Problem(reading.place(), "no column holds values", "data.channels"))
    cells, faults = numbers(frame, channels)
    times, stamps, bad = _times(reading, columns)
    faults = {**bad, **faults}
    if columns.id:
        lacking = frame.index[frame[columns.id].isna()]
        faults.update({int(row): (columns.id, "there is no id") for row in lacking})
    damage = [*reading.damage]
    damage += [
        Problem(reading.place(column, row), said, "the sample is left out")
        for row, (column, said) in sorted(faults.items())
    ]
    sound = ~frame.index.isin(list(faults))
    keys = frame[columns.id].astype(str) if columns.id else pd.Series("", index=frame.index)
    labels, by, values = (
        _cells(frame, columns.target),
        _cells(frame, columns.other),
        cells.to_numpy(),
    )
    curves = []
    for key, at in keys[sound].groupby(keys[sound], sort=False).indices.items():
        rows = np.flatnonzero(sound)[at]
        named = reading.place(columns.id) + f", {key}" if columns.id else reading.place()
        curves.append(
            Curve(
                str(key),
                named,
                values[rows].T,
                labels[rows],
                by[rows],
                None if times is None else times[rows],
                None if stamps is None else stamps[rows],
                id=str(key),
            )
        )
    return Recorded(curves, tuple(channels), _step(curves), damage)


def _times(
    reading: Reading, columns: Columns
) -> tuple[Array | None, Array | None, dict[int, tuple[str, str]]]:
    """Times as numbers in the unit, as written, and the rows whose time cannot be read."""
    if not columns.time:
        return None, None, {}
    cells = reading.frame[columns.time]
    if pd.api.types.is_numeric_dtype(cells):
        found = cells.to_numpy(dtype=np.float64)
        stamps = cells.astype(object).to_numpy()
    else:
        dates = pd.to_datetime(cells, errors="coerce", format="ISO8601", utc=True)
        if columns.unit not in STEPS:
            message = f"{columns.unit!r} is no unit that dates can be counted in"
            raise DataError(Problem("data.time_unit", message, ", ".join(STEPS)))
        unit = pd.Timedelta(1, STEPS[columns.unit])
        found = ((dates - dates.min()) / unit).to_numpy(dtype=np.float64)
        stamps = cells.astype(str).to_numpy(dtype=object)
    bad = {
        int(row): (columns.time, f"the time {str(cell)[:40]!r} does not parse")
        for row, cell, time in zip(reading.frame.index, cells, found, strict=True)
        if not np.isfinite(time)
    }
    if 2 * len(bad) > len(cells):
        row, (column, said) = next(iter(bad.items()))
        message = f"{said}, nor do {len(bad) - 1} others"
        raise DataError(Problem(reading.place(column, row), message, "numbers, or ISO 8601 dates"))
    return found, stamps, bad


def _step(curves: Sequence[Curve]) -> float:
    """Median time between neighbours, 0 where there are no times."""
    apart = [np.diff(np.unique(one.times)) for one in curves if one.times is not None]
    found = np.concatenate(apart) if apart else np.empty(0)
    return float(np.median(found)) if len(found) else 0.0


def numbers(
    frame: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, dict[int, tuple[str, str]]]:
    """The columns as float64, NaN where empty, and row → (column, what is wrong with its cell).

    Raises :class:`DataError` for a column most of whose cells are no numbers.
    """
    made: dict[str, pd.Series] = {}
    faults: dict[int, tuple[str, str]] = {}
    problems = []
    for name in names:
        cells = frame[name]
        found = pd.to_numeric(cells, errors="coerce").astype(np.float64)
        made[name] = found
        for row, cell in _wrong(cells, found):
            said = f"{str(cell)[:40]!r} is not a finite number"
            faults.setdefault(row, (name, said))
        wrong = sum(1 for _ in _wrong(cells, found))
        if 2 * wrong > len(cells):
            problems.append(
                Problem(f"column {name!r}", f"{wrong} of {len(cells)} cells are no numbers",
                        "data.channels names the columns of the series")
            )  # fmt: skip
    if problems:
        raise DataError(problems[:10])
    return pd.DataFrame(made), faults


def _wrong(cells: pd.Series, found: pd.Series) -> Iterator[tuple[int, Any]]:
    bad = (found.isna() & cells.notna()) | np.isinf(found)
    if bad.any():
        yield from ((int(row), cells[row]) for row in cells.index[bad])


def _cells(frame: pd.DataFrame, name: str) -> Array:
    """A column as objects, None where missing; all None without a name."""
    if not name:
        return np.full(len(frame), None, dtype=object)
    column = frame[name].astype(object)
    return np.asarray(column.where(frame[name].notna(), None).to_numpy(dtype=object))
