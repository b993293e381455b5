"""Records with a text: CSV, TSV, JSON lines or Parquet, each with the line it stands on."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from xaiframe.errors import DataError, Problem

Quotes = Literal["auto", "always", "never"]
ENCODINGS = ("utf-8", "cp949", "shift_jis", "gb18030", "cp1252")
"""What a file that is not in the declared encoding may be in, the strictest first."""
LONGEST = 1 << 24
"""Most characters of one cell."""


@dataclass
class Records:
    """frame: the cells as they were read, ``(n, columns)`` object; places: ``(n,)`` file and line
    of each row; damage: what could not be read."""

    frame: pd.DataFrame
    places: list[str]
    damage: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Format:
    """How files are read.

    header: whether the first line of a CSV or TSV names the columns; otherwise they are called
    1, 2, …; encoding: of the characters; quotes: whether ``"`` encloses cells that hold separators
    and line breaks, by default in CSV and not in TSV.
    """

    header: bool = True
    encoding: str = "utf-8"
    quotes: Quotes = "auto"

    def read(self, paths: list[Path]) -> Records:
        """All rows of all files. Raises :class:`DataError` where a file cannot be read at all."""
        parts = [self._file(path) for path in paths]
        frames = [part.frame for part in parts]
        return Records(
            pd.concat(frames, ignore_index=True),
            [place for part in parts for place in part.places],
            [problem for part in parts for problem in part.damage],
        )

    def _file(self, path: Path) -> Records:
        try:
            if path.suffix == ".parquet":
                frame = pd.read_parquet(path)
                return Records(frame, [f"{path.name}, row {k + 1}" for k in range(len(frame))])
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(Problem(str(path), f"cannot be read: {reason}")) from None
        text = self._decoded(path, content)
        if not text.strip():
            raise DataError(Problem(str(path), "the file is empty", "one message per row"))
        found = json_lines(path, text) if _is_json(path) else self._table(path, text)
        if found.frame.empty and not found.damage:
            raise DataError(Problem(str(path), "the file has no rows", "a header and rows"))
        return found

    def _decoded(self, path: Path, content: bytes) -> str:
        try:
            return content.decode(self.encoding).removeprefix("\ufeff")
        except LookupError:
            hint = "utf-8, cp949, latin-1, …"
            message = f"there is no encoding {self.encoding!r}"
            raise DataError(Problem("data.encoding", message, hint)) from None
        except UnicodeError as error:
            start = getattr(error, "start", 0)
            line = content[:start].count(b"\n") + 1
            place = f"{path.name}, line {line}, byte {start}"
            raise DataError(Problem(place, f"not {self.encoding} text", _guess(content))) from None

    def _table(self, path: Path, text: str) -> Records:
        separator = "\t" if path.suffix.lower() in (".tsv", ".tab") else ","
        quoted = self.quotes == "always" or (self.quotes == "auto" and separator == ",")
        rows = list(_cells(path, text, separator, quoted))
        if self.header:
            names, rows = [name.strip() for name in rows[0][1]], rows[1:]
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                message = f"column {twice[0]!r} appears twice"
                raise DataError(Problem(str(path), message, "unique names"))
        else:
            width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
            names = [str(number + 1) for number in range(width)]
        whole = [(line, cells) for line, cells in rows if len(cells) == len(names)]
        damage = [
            Problem(
                f"{path.name}, line {line}", f"it has {len(cells)} cells", f"{len(names)} expected"
            )
            for line, cells in rows
            if len(cells) != len(names)
        ]
        frame = pd.DataFrame([cells for _, cells in whole], columns=names, dtype=object)
        return Records(frame, [f"{path.name}, line {line}" for line, _ in whole], damage)


def _is_json(path: Path) -> bool:
    return path.suffix.lower() in (".jsonl", ".ndjson")


def _cells(path: Path, text: str, separator: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """The first line of each row, from 1, and its cells; empty lines are left out."""
    csv.field_size_limit(LONGEST)
    quoting: Any = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        place = f"{path.name}, line {line}"
        raise DataError(Problem(place, f"cannot be read: {error}", "closed quotes")) from None


def json_lines(path: Path, text: str) -> Records:
    """One object per line; a line that is none is damage."""
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    damage: list[Problem] = []
    # not splitlines(): a message may hold U+2028
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            found = json.loads(line)
        except ValueError as error:
            damage.append(Problem(place, f"not JSON: {error}", "one object per line"))
            continue
        if isinstance(found, dict):
            rows.append(found)
            places.append(place)
        else:
            damage.append(
                Problem(place, f"a {type(found).__name__}, no object", '{"text": "…", "label": …}')
            )
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[row.get(column) for column in columns] for row in rows]
    return Records(pd.DataFrame(cells, columns=columns, dtype=object), places, damage)


def _guess(content: bytes) -> str:
    for name in ENCODINGS:
        try:
            content.decode(name)
        except UnicodeError:
            continue
        return f"it reads as {name}: set data.encoding: {name}"
    return "set data.encoding to what the file was saved in"
