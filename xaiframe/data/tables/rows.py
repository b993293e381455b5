"""Rows of a table on their way from the source to the splits, never there twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from xaiframe.data.split import Positions
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.data.tables.kinds import Typed
from xaiframe.data.tables.reading import Reading
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact


def require(reading: Reading, names: Sequence[str], why: str) -> None:
    """Raise :class:`DataError` for every name that is no column."""
    known = [str(one) for one in reading.frame.columns]
    problems = []
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, cutoff=0.6)
            listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            hint = (f"did you mean {near[0]!r}? " if near else "") + f"columns are {listed}"
            problems.append(Problem(reading.place(), f"no column {name!r}, {why}", hint))
    if problems:
        raise DataError(problems)


def only(frame: pd.DataFrame, stay: Array) -> pd.DataFrame:
    """The rows that stay; ``frame`` is emptied on the way, so that it is never there twice."""
    if stay.all():
        return frame
    index = frame.index[stay]
    cells = {name: frame.pop(name)[stay] for name in list(frame.columns)}
    return pd.DataFrame(cells, index=index, copy=False)


def shared_out(frame: pd.DataFrame, positions: Positions) -> dict[str, pd.DataFrame]:
    """Each split's rows; ``frame`` is emptied on the way, so that it is never there twice."""
    parts: dict[str, dict[str, pd.Series]] = {name: {} for name in positions}
    for column in list(frame.columns):
        cells = frame.pop(column)
        for name, rows in positions.items():
            parts[name][column] = cells.iloc[rows].reset_index(drop=True)
    return {name: pd.DataFrame(cells, copy=False) for name, cells in parts.items()}


def taken_for(typed: Typed, encoding: TableEncoding) -> Iterator[Fact]:
    """The columns of each kind, those that nobody declared apart."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in encoding.columns:
        by = "inferred" if one.name in typed.inferred else "declared"
        groups.setdefault((one.kind, by), []).append(one.name)
    for (kind, by), names in groups.items():
        yield Fact("columns", ", ".join(names), labels={"kind": kind, "by": by}, n=len(names))


def reading_notes(
    typed: Typed, encoding: TableEncoding, frames: Mapping[str, pd.DataFrame], most: int
) -> Iterator[Fact]:
    """What kind each column was taken for and by whom; levels joined; levels never seen; numbers
    that are missing only outside the training split."""
    n = len(frames["train"])
    yield from taken_for(typed, encoding)
    for one in encoding.columns:
        cells = frames["train"][one.name]
        if one.kind == "categorical" and cells.nunique() > most:
            rare = cells.nunique() - most + 1
            yield Fact("joined_levels", rare, "levels", {"column": one.name}, n)
        for name in ("validation", "test"):
            other = frames[name]
            labels = {"column": one.name, "split": name}
            unseen = encoding.unseen(other).get(one.name, 0)
            if unseen:
                yield Fact("unseen_categories", unseen, "rows", labels, len(other), better="lower")
            filled = int(other[one.name].isna().sum())
            if filled and not cells.isna().any():
                yield Fact("newly_missing", filled, "rows", labels, len(other), better="lower")
