"""Files of a table read into one frame whose rows know where they came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

from xaiframe.data.source import files
from xaiframe.data.tables.csv import Format, one_line, read_csv
from xaiframe.errors import DataError, Problem

BUILTIN = {"breast_cancer": load_breast_cancer}
PARQUET, ARROW = (".parquet", ".pq"), (".feather", ".arrow", ".ipc")
TEXT = (".csv", ".tsv", ".tab", ".txt")


@dataclass
class Reading:
    """``frame`` is indexed by row number over all files, from 0; ``damage`` are rows left out."""

    frame: pd.DataFrame
    damage: list[Problem] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    names: list[str] = field(default_factory=list)

    def place(self, column: str = "", row: int | None = None) -> str:
        """Where a person finds a cell: file, column and row, counted from 1 within the file."""
        at = 0 if row is None else bisect_right(self.starts, row) - 1
        known = ", ".join(self.names) if row is None else self.names[at]
        column = f", column {column!r}" if column else ""
        return known + column + ("" if row is None else f", row {row - self.starts[at] + 1}")


def read(
    source: str, sha256: str, form: Format, wanted: Sequence[str] | None, as_text: Sequence[str]
) -> Reading:
    """The rows of every file that ``source`` names, in the order of the names.

    ``wanted``: columns read, all if None; ``as_text``: columns that delimited text keeps as
    written. Raises :class:`DataError` where a file cannot be read, or has other columns than the
    first.
    """
    paths = files(source, sha256)
    whole = Reading(pd.DataFrame(), starts=[], names=[str(path) for path in paths])
    parts: list[pd.DataFrame] = []
    start = 0
    for path in paths:
        frame, damage = one_file(path, form, wanted, as_text)
        if parts and set(frame.columns) != set(parts[0].columns):
            odd = sorted(set(map(str, frame.columns)) ^ set(map(str, parts[0].columns)))
            message = f"its columns are not those of {paths[0]}: {', '.join(odd[:6])}"
            raise DataError(Problem(str(path), message, "the same columns in every file"))
        whole.starts.append(start)
        whole.damage += damage
        parts.append(frame.set_index(frame.index + start))
        start += len(frame) + len(damage)
    whole.frame = parts[0] if len(parts) == 1 else pd.concat(parts)
    return whole


def one_file(
    path: Path, form: Format, wanted: Sequence[str] | None, as_text: Sequence[str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """One file by its suffix."""
    suffix = path.suffix.lower()
    if path.is_dir() or suffix not in (*PARQUET, *ARROW, *TEXT):
        known = ", ".join((*TEXT, *PARQUET, *ARROW))
        raise DataError(Problem(str(path), f"{suffix or 'a folder'} is no table", known))
    if suffix in TEXT:
        return read_csv(path, form, wanted, as_text)
    return read_arrow(path, wanted, parquet=suffix in PARQUET), []


def read_arrow(path: Path, wanted: Sequence[str] | None, parquet: bool) -> pd.DataFrame:
    """A Parquet or Arrow file; columns that are not wanted are not read."""
    import pyarrow as pa
    from pyarrow import feather
    from pyarrow import parquet as pq

    try:
        schema = pq.read_schema(path) if parquet else pa.ipc.open_file(path).schema
        names = [one for one in schema.names if not one.startswith("__index_level_")]
        repeated = [one for one in dict.fromkeys(names) if names.count(one) > 1]
        if repeated:
            message = f"column {repeated[0]!r} appears twice"
            raise DataError(Problem(str(path), message, "unique names"))
        if wanted is not None:
            names = [one for one in names if one in set(wanted)]
        load = pq.read_table if parquet else feather.read_table
        table = load(path, columns=names, memory_map=True)
    except (OSError, pa.ArrowException) as error:
        message = f"cannot be read: {one_line(error)}"
        raise DataError(Problem(str(path), message, "a Parquet or Arrow file")) from None
    nested = [one.name for one in table.schema if pa.types.is_nested(one.type)]
    if nested:
        message = "holds lists or structures"
        raise DataError(
            [Problem(f"{path}, column {name!r}", message, "data.drop") for name in nested]
        )
    if not len(table):
        raise DataError(Problem(str(path), "the file has no rows", "rows"))
    decimals = [(k, f) for k, f in enumerate(table.schema) if pa.types.is_decimal(f.type)]
    for place, one in decimals:
        table = table.set_column(place, one.name, table[one.name].cast(pa.float64()))
    frame = table.to_pandas(
        split_blocks=True, self_destruct=True, date_as_object=False, ignore_metadata=True
    )
    return pd.DataFrame(frame)


def builtin(name: str, target: str) -> Reading:
    """A table that comes with scikit-learn."""
    if name not in BUILTIN:
        known = ", ".join(f"builtin:{key}" for key in BUILTIN)
        raise DataError(Problem("data.source", f"no built-in table {name!r}", known))
    loaded = BUILTIN[name](as_frame=True)
    names = [str(label) for label in loaded.target_names]
    labels = pd.Categorical.from_codes(loaded.target.to_numpy(), categories=pd.Index(names))
    frame = pd.DataFrame(loaded.data).assign(**{target: labels})
    return Reading(frame, names=[f"builtin:{name}"])
