"""Delimited text read with its faults located: encoding, header, rows of another width."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from xaiframe.errors import DataError, Problem

SUFFIXES = {".tsv": "\t", ".tab": "\t"}
GUESSES = ("utf-8", "utf-16", "cp949", "cp1252")
"""Encodings proposed where the declared one does not fit."""


@dataclass(frozen=True)
class Format:
    """How numbers, words and dates are written.

    encoding, separator, decimal, thousands: of delimited text; an empty separator means a comma,
    or a tab for ``.tsv``. missing: words that stand for a missing value.
    """

    encoding: str = "utf-8"
    separator: str = ""
    decimal: str = "."
    thousands: str = ""
    missing: tuple[str, ...] = ("",)

    def separates(self, path: Path) -> str:
        return self.separator or SUFFIXES.get(path.suffix.lower(), ",")

    @property
    def codec(self) -> str:
        """The encoding, a byte-order mark at the start of UTF-8 being no content."""
        plain = self.encoding.lower().replace("_", "-")
        return "utf-8-sig" if plain in ("utf-8", "utf8") else self.encoding


@dataclass
class Scan:
    """What a first look finds: the header, the number of rows, and rows of another width."""

    header: list[str] = field(default_factory=list)
    rows: int = 0
    ragged: dict[int, int] = field(default_factory=dict)


def read_csv(
    path: Path, form: Format, wanted: Sequence[str] | None, as_text: Sequence[str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """The table, indexed by row from 0, without the rows that are too long or too short, and a
    problem for each of those.

    ``wanted``: columns read, all if None; ``as_text``: columns kept as they are written.
    Raises :class:`DataError` for what no row can be read from.
    """
    scan = scanned(path, form)
    problems = list(header_problems(path, scan))
    if problems:
        raise DataError(problems)
    content = without(path, form, scan) if scan.ragged else path
    try:
        frame = pd.read_csv(
            content,
            sep=form.separates(path),
            encoding=form.codec,
            decimal=form.decimal,
            thousands=form.thousands or None,
            na_values=list(form.missing),
            keep_default_na=False,
            dtype=dict.fromkeys([name for name in as_text if name in scan.header], "str"),
            usecols=None if wanted is None else [n for n in scan.header if n in set(wanted)],
            low_memory=False,
        )
    except ValueError as error:
        raise DataError(Problem(str(path), f"cannot be read: {one_line(error)}", "CSV")) from None
    frame.index = pd.Index([at for at in range(scan.rows) if at not in scan.ragged])
    return frame, list(damage(path, scan))


def scanned(path: Path, form: Format) -> Scan:
    """One pass over the text; raises :class:`DataError` where it is no text of that encoding."""
    scan = Scan()
    try:
        with path.open(encoding=form.codec, newline="") as stream:
            for cells in csv.reader(stream, delimiter=form.separates(path), strict=True):
                if not cells:
                    continue
                if not scan.header:
                    scan.header = cells
                    continue
                if len(cells) != len(scan.header):
                    scan.ragged[scan.rows] = len(cells)
                scan.rows += 1
    except LookupError:
        hint = "utf-8, utf-16, cp949, latin-1, …"
        raise DataError(
            Problem("data.encoding", f"no encoding is called {form.encoding!r}", hint)
        ) from None
    except UnicodeError:
        raise DataError(misread(path, form)) from None
    except (csv.Error, TypeError) as error:
        place = f"{path}, row {scan.rows + 1}"
        hint = "quotes that open and close around a whole cell, one character as data.separator"
        raise DataError(Problem(place, one_line(error), hint)) from None
    return scan


def misread(path: Path, form: Format) -> Problem:
    """Where the bytes stop being text of the declared encoding, and which encodings would do."""
    content = path.read_bytes()
    fits = [one for one in GUESSES if one != form.encoding and decodes(content, one)]
    named = form.encoding.upper() if form.encoding.lower().startswith("utf") else form.encoding
    hint = f"set data.encoding, perhaps to {' or '.join(fits)}" if fits else "save it as UTF-8"
    place = str(path)
    try:
        content.decode(form.codec)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n")
        place += f", {f'row {row}' if row else 'header'}, byte {error.start}"
    return Problem(place, f"not {named} text", hint)


def decodes(content: bytes, encoding: str) -> bool:
    """Whether the bytes are text of that encoding."""
    try:
        content.decode(encoding)
    except UnicodeError:
        return False
    return True


def header_problems(path: Path, scan: Scan) -> list[Problem]:
    """A file without header or rows, unnamed or repeated columns, another separator."""
    place, header = str(path), scan.header
    if not header:
        return [Problem(place, "the file is empty", "a header and rows")]
    if not scan.rows:
        return [Problem(place, "the file has no rows", "a header and rows")]
    repeated = dict.fromkeys(name for name in header if name and header.count(name) > 1)
    found = [Problem(place, f"column {name!r} appears twice", "unique names") for name in repeated]
    other = next((one for one in ";\t|," if one in header[0]), "")
    if len(header) == 1 and other:
        message = f"the header is a single column, {header[0][:60]!r}"
        found.append(Problem(place, message, f"data.separator: {other!r}"))
    if 2 * len(scan.ragged) > scan.rows:
        row, cells = next(iter(scan.ragged.items()))
        message = f"{len(scan.ragged)} of {scan.rows} rows have another width than the header"
        hint = f"{len(header)} cells; row {row + 1} has {cells}"
        found.append(Problem(place, message, hint))
    return found


def damage(path: Path, scan: Scan) -> list[Problem]:
    """A problem per row that is too long or too short."""
    hint = f"{len(scan.header)}, as the header has"
    return [
        Problem(f"{path}, row {row + 1}", f"the row has {cells} cells", hint)
        for row, cells in scan.ragged.items()
    ]


def without(path: Path, form: Format, scan: Scan) -> io.BytesIO:
    """The same text without the ragged rows."""
    text, row = io.StringIO(), -1
    writer = csv.writer(text, delimiter=form.separates(path))
    with path.open(encoding=form.codec, newline="") as stream:
        for cells in csv.reader(stream, delimiter=form.separates(path)):
            if cells and row not in scan.ragged:
                writer.writerow(cells)
            row += bool(cells)
    return io.BytesIO(text.getvalue().encode(form.codec))


def one_line(error: Exception) -> str:
    """What an exception says, on one line."""
    return " ".join(str(error).split())[:200]
