"""New rows read as the audited source was; one that cannot be read does not stop the others."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.data.module import DataModule
from xaiframe.errors import DataError, Problem
from xaiframe.store import digest

DELIMITED = (".csv", ".tsv", ".tab", ".txt")
LINES = (".jsonl", ".ndjson")
MOST = 1000
"""A longer file is not read row by row."""


@dataclass(frozen=True)
class NewRows:
    """``split`` holds the rows that were read, ``places`` where each of them stands, ``problems``
    what was wrong with the others."""

    split: Split
    places: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def read_rows(module: DataModule, source: str, limit: int) -> NewRows:
    """At most ``limit`` new rows of ``source``.

    Raises :class:`DataError` when there are more, when there are none, or when none can be read.
    """
    try:
        split = module.rows(source)
        found = NewRows(split, tuple(_places(source, split)))
    except DataError as error:
        found = _one_by_one(module, source, error)
    asked = len(found.split) + len(found.problems)
    if len(found.split) == 0:
        raise DataError(Problem(source, "holds no row", "at least one row below the header"))
    if asked > limit:
        message = f"{asked} rows are more than {limit}: each becomes a page"
        raise DataError(Problem(source, message, f"fewer rows, or --limit {asked}"))
    return found


def _places(source: str, split: Split) -> Iterator[str]:
    """File and row, or the picture's own name."""
    named = Path(source).is_dir() and split.original is not None
    for at, row in enumerate(split.ids):
        yield str(split.original[at]) if named else f"{source}, row {int(row) + 1}"  # type: ignore[index]


def _one_by_one(module: DataModule, source: str, error: DataError) -> NewRows:
    """Every row for itself, as a file of one row under the same header; ``error`` again where that
    cannot be tried or helps none."""
    path = Path(source)
    if not path.is_file() or path.suffix.lower() not in (*DELIMITED, *LINES):
        raise error
    header, rows = _header(module, path)
    if not 1 < len(rows) <= MOST:
        raise error
    splits, places, problems = list[Split](), list[str](), list[Problem]()
    for number, row in enumerate(rows, 1):
        try:
            splits.append(_read(module, path, header + row))
            places.append(f"{source}, row {number}")
        except DataError as fault:
            problems.append(_placed(fault, source, number))
    if not splits:
        raise error
    return NewRows(joined(splits), tuple(places), tuple(problems))


def _header(module: DataModule, path: Path) -> tuple[bytes, list[bytes]]:
    """The header, empty where the first record is a row already, and the rows."""
    found = list(records(path.read_bytes(), path.suffix.lower() in LINES))
    if path.suffix.lower() in LINES or not found:
        return b"", found
    try:
        _read(module, path, found[0])
    except DataError:
        return found[0], found[1:]
    return b"", found


def records(content: bytes, lines: bool = False) -> Iterator[bytes]:
    """Each record with its line end: a line break between double quotes ends none, unless every
    line is a record. Any encoding in which a byte below 128 is ASCII."""
    started = b""
    for line in content.splitlines(keepends=True):
        started += line
        if lines or started.count(b'"') % 2 == 0:
            if started.strip():
                yield started if started.endswith((b"\n", b"\r")) else started + b"\n"
            started = b""
    if started.strip():
        yield started


def _read(module: DataModule, path: Path, content: bytes) -> Split:
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / path.name
        alone.write_bytes(content)
        try:
            return module.rows(str(alone))
        except DataError as error:
            named = [
                replace(p, place=p.place.replace(str(alone), path.name)) for p in error.problems
            ]
            raise DataError(named) from None


def _placed(error: DataError, source: str, number: int) -> Problem:
    """The fault as it lies in the user's own file; what names no file there is less exact."""
    name = Path(source).name
    exact = [one for one in error.problems if name in one.place]
    fault = exact[0] if exact else replace(error.problems[0], place=name)
    place = fault.place.replace(name, source, 1)
    said, count = re.subn(r"\b(row|line) \d+", rf"\1 {number}", place, count=1)
    hint = re.sub(r"\brow 1\b", f"row {number}", fault.hint)
    return replace(fault, place=said if count else f"{place}, row {number}", hint=hint)


def joined(splits: list[Split]) -> Split:
    """Splits of the same columns, one after the other."""
    first = splits[0]
    parts = {
        name: None if getattr(first, name) is None
        else np.concatenate([getattr(one, name) for one in splits])
        for name in ("x", "y", "original", "mask")
    }  # fmt: skip
    frame = pd.concat([one.frame for one in splits], ignore_index=True)
    aside = [one.aside for one in splits if one.aside is not None]
    return Split(
        np.arange(len(frame), dtype=np.int64), parts["x"], parts["y"], frame,  # type: ignore[arg-type]
        pd.concat(aside, ignore_index=True) if aside else None, parts["original"], parts["mask"],
    )  # fmt: skip


@dataclass(frozen=True)
class Twin:
    """The row of the audited data that a new row equals in every input."""

    split: str
    position: int
    id: int


def twins(split: Split, data: Data) -> list[Twin | None]:
    """Per new row its first equal among the audited data: training, validation, then test."""
    return [_twin(row, data) for row in split.x.reshape(len(split), -1)]


def _twin(row: np.ndarray, data: Data) -> Twin | None:
    for name, known in data.splits.items():
        same = np.flatnonzero((known.x.reshape(len(known), -1) == row).all(axis=1))
        if len(same):
            return Twin(name, int(same[0]), int(known.ids[same[0]]))
    return None


def seeded(split: Split, found: list[Twin | None]) -> Split:
    """The split with the ids that seed its explanations: a row that equals an audited one keeps
    that one's, so that it is explained alike; another's follows from its content, so that its
    explanation does not depend on where in the file it stands."""
    ids = [
        twin.id if twin else int(digest(row)[:15], 16)
        for row, twin in zip(split.x, found, strict=True)
    ]
    return replace(split, ids=np.array(ids, dtype=np.int64))
