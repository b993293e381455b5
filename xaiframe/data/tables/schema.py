"""A schema that the user wrote in pandera's YAML, enforced on the rows as they were read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from xaiframe.data.tables.csv import one_line
from xaiframe.errors import DataError, Problem

if TYPE_CHECKING:
    from xaiframe.data.tables.reading import Reading

PLACES = ("columns", "checks", "index", "dtype", "coerce", "strict", "name", "ordered", "unique",
          "report_duplicates", "unique_column_names", "add_missing_columns", "title",
          "description", "schema_type", "version", "api", "drop_invalid_rows")  # fmt: skip
OWN = ("title", "description", "dtype", "nullable", "checks", "unique", "coerce", "required",
       "regex", "default", "report_duplicates", "drop_invalid_rows", "name")  # fmt: skip
OPTIONS = ("check_name", "ignore_na", "raise_warning", "n_failure_cases", "error", "name")
SHOWN = 3
"""Failing rows named per column and check."""


def enforce(schema: str | Mapping[str, Any], reading: Reading) -> None:
    """Raise :class:`DataError` naming column, row and check of what does not fit.

    ``schema``: the path of a YAML file, or its content.
    """
    from pandera.errors import SchemaErrors

    found = parsed(schema)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandera compares text to bounds of a wrong type
            found.validate(reading.frame, lazy=True)
    except SchemaErrors as error:
        raise DataError(list(failures(error.failure_cases, reading))) from None


def parsed(schema: str | Mapping[str, Any]) -> Any:
    """The pandera schema; raises :class:`DataError` where it cannot be read, or holds a key or
    check that pandera would not enforce."""
    from pandera.io.pandas_io import deserialize_schema

    place = schema if isinstance(schema, str) else "data.schema"
    try:
        text = Path(schema).read_text("utf-8") if isinstance(schema, str) else ""
        content = yaml.safe_load(text) if isinstance(schema, str) else schema
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        message = f"cannot be read: {one_line(error)}"
        raise DataError(Problem(place, message, "a pandera schema")) from None
    if not isinstance(content, Mapping) or not isinstance(content.get("columns"), Mapping):
        raise DataError(Problem(place, "it has no columns", "columns: {name: {dtype: …}}"))
    problems = [Problem(place, *one) for one in unknown(content)]
    if problems:
        raise DataError(problems)
    try:
        return deserialize_schema({"schema_type": "dataframe", "index": None, "checks": None,
                                   "coerce": False, "strict": False, **plain(content)})  # fmt: skip
    except Exception as error:  # pandera raises what its parts raise
        raise DataError(Problem(place, one_line(error), "a pandera schema")) from None


def unknown(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Message and hint per key that is no part of a schema: an unknown or a lambda check."""
    from pandera.pandas import Check

    checks = set(Check.CHECK_FUNCTION_REGISTRY)
    for key in content:
        if key not in (*PLACES, *checks):
            yield f"it has no part {str(key)!r}", ", ".join(PLACES[:4])
    parts = {"": {"checks": content.get("checks")}, **content["columns"]}
    for name, part in parts.items():
        for key in sorted(set(said(part)) - checks - set(OWN)):
            where = f"column {name!r}: " if name else ""
            message = f"{where}no check is called {key!r}; it would not be enforced"
            yield message, "one of pandera's own: greater_than, isin, str_matches, …"


def said(part: Any) -> Iterator[str]:
    """The keys of a column, and the names of its checks in either spelling."""
    if not isinstance(part, Mapping):
        return
    yield from map(str, part)
    checks = part.get("checks") or {}
    if isinstance(checks, Mapping):
        yield from map(str, checks)
        return
    for one in checks:
        options = one.get("options") if isinstance(one, Mapping) else None
        yield str((options or {}).get("check_name", one))


def failures(cases: Any, reading: Reading) -> Iterator[Problem]:
    """Per column and check the first rows that fail, and how many there are."""
    cases = cases.assign(column=cases["column"].astype(object).fillna(""))
    for (column, check), part in cases.groupby(["column", "check"], sort=False, dropna=False):
        located = part[part["index"].notna()]
        if located.empty:
            cell = part["failure_case"].iloc[0]
            absent = check == "column_in_dataframe"
            message = f"there is no column {cell!r}" if absent else f"it is {cell}, not {check}"
            yield Problem(reading.place(str(column)), message, "see data.schema")
            continue
        for row, cell in zip(located["index"][:SHOWN], located["failure_case"], strict=False):
            place = reading.place(str(column), int(row))
            more = f", as {len(part)} cells do" if len(part) > 1 else ""
            yield Problem(place, f"{cell!r} breaks {check}{more}", "see data.schema")


def plain(content: Any) -> Any:
    """A copy of YAML content that pandera may take apart."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    return [plain(one) for one in content] if isinstance(content, (list, tuple)) else content
