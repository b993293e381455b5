"""Profile: what the data are, column by column, and the schema that later data must fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.data.tables.schema import parsed
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.columns import kind, numbers, texts
from xaiframe.precaution.profiles import examples, image, series, table, text
from xaiframe.precaution.profiles.schema import breaches, infer
from xaiframe.precaution.profiles.statistics import (
    COLUMNS,
    EMPTY_HISTOGRAM,
    describe,
    frequent_values,
    histogram,
)
from xaiframe.store import digest

SPLITS = ("train", "validation", "test")
COVERED = 0.5
"""Share of a column's range from which on the examples are said to show it."""


@dataclass(frozen=True)
class Profile:
    """Statistics and histograms of the training split, classes of every split, pandera schema.

    Images, messages and series are profiled through their measured properties, and by what is
    theirs alone: grey or colour, words and scripts, trend and season.

    bins
        bars of a numeric column's histogram.
    values
        most frequent values listed of a categorical column.
    margin
        how far beyond the training range a number may lie before it breaks the schema, in widths
        of that range.
    categories
        a categorical column with more distinct values than this is not held to them.
    schema
        path of a pandera schema in YAML that all splits of these data are held to, such as an
        earlier run's ``schema.yaml``; empty: the training split's own, for the other two.
    examples
        typical and extreme rows kept per class, of each as many; 0 keeps none.
    today
        the day after which a date lies in the future, ISO 8601; empty: the day of the run (UTC).
    sample
        series whose season and stationarity are tested at most.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    bins: int = 20
    values: int = 10
    margin: float = 1.0
    categories: int = 50
    schema: str = ""
    examples: int = 3
    today: str = ""
    sample: int = 2000

    def __post_init__(self) -> None:
        if min(self.bins, self.values, self.categories, self.sample) < 1:
            raise ValueError("profile: bins, values, categories and sample must be at least 1")
        if self.margin < 0 or self.examples < 0:
            raise ValueError("profile: margin and examples must be 0 or more")
        try:
            date.fromisoformat(self.today or "2000-01-01")
        except ValueError:
            raise ValueError(f"profile: today is a day like 2026-01-31, not {self.today}") from None

    @property
    def brought(self) -> str:
        """Digest of what is read beside the data: the pinned schema; empty without one."""
        path = Path(self.schema)
        return digest(path.read_bytes()) if self.schema and path.is_file() else ""

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts rows, columns, constant_columns, empty_columns; schema_breaches: cells that do not
        fit the schema; schema_pinned, held_to_schema; of tables id_like_columns, id_like,
        number_texts, future_dates.

        Tables columns, histograms, values, classes, breaches, examples, coverage, and what the
        modality adds; file schema.yaml; arrays ``examples`` (mean pictures), ``shown`` (pictures
        or series of the examples, in their order). Raises :class:`DataError` where a pinned schema
        cannot be read.
        """
        frame = data.train.frame.rename(columns=str)
        own = infer(frame, self.margin, self.categories)
        held = parsed(self.schema) if self.schema else own
        broken = {
            name: breaches(held, data.splits[name].frame.rename(columns=str)) for name in SPLITS
        }
        told = pd.DataFrame([describe(str(n), c) for n, c in frame.items()], columns=COLUMNS)
        outcome = Outcome(
            facts=[*_sizes(data, told), *self._broken(data, broken)],
            tables={
                "columns": told,
                "histograms": self._histograms(data, frame),
                "values": frequent_values(frame, self.values),
                "classes": class_counts(data),
                "breaches": _joined(broken),
            },
            files={"schema.yaml": str(own.to_yaml()).encode()},
        )
        self._own(data, outcome, seed)
        self._shown(data, outcome)
        return outcome

    def _histograms(self, data: Data, frame: pd.DataFrame) -> pd.DataFrame:
        columns = {n: numbers(c) for n, c in frame.items() if kind(c) == "numeric"}
        if data.task == "regression":
            columns[data.target] = data.train.y.astype(np.float64)
        parts = [histogram(str(name), values, self.bins) for name, values in columns.items()]
        return pd.concat([pd.DataFrame(EMPTY_HISTOGRAM), *parts], ignore_index=True)

    def _broken(self, data: Data, broken: dict[str, pd.DataFrame]) -> list[Fact]:
        """The training split breaks nothing of a schema that was inferred from it. Data are held to
        a schema that is pinned here, or that they were read by (``data.schema``)."""
        held = bool(self.schema) or any(one.name == "schema_enforced" for one in data.notes)
        return [
            Fact(
                "schema_breaches",
                int(broken[name]["cells"].sum()),
                "cells",
                {"split": name},
                n=len(data.splits[name]),
                better="lower",
                source=source("pandera"),
            )
            for name in (SPLITS if self.schema else SPLITS[1:])
        ] + [Fact("schema_pinned", bool(self.schema)), Fact("held_to_schema", held)]

    def _own(self, data: Data, outcome: Outcome, seed: int) -> None:
        """What only this modality has."""
        if data.modality == "table":
            outcome.facts += self._typed(data, outcome)
        elif data.modality == "image":
            outcome.facts += image.facts(data)
            outcome.arrays["examples"] = image.mean_pictures(data)
        elif data.modality == "text":
            facts, tables = text.profile(data, self.values)
            outcome.facts += facts
            outcome.tables |= tables
        else:
            facts, outcome.tables["channels"] = series.profile(data, self.sample, seed)
            outcome.facts += facts

    def _typed(self, data: Data, outcome: Outcome) -> list[Fact]:
        types, n = table.types_of(data.train), len(data.train)
        outcome.tables["columns"] = outcome.tables["columns"].join(types.drop(columns="column"))
        columns = outcome.tables["columns"]
        named = columns[columns["identifier"] != ""]
        written = int((types["inferred"] == "number as text").sum())
        facts = [
            Fact("id_like_columns", len(named), "columns", n=n, better="lower"),
            Fact("number_texts", written, "columns", n=n, better="lower"),
        ]
        facts += [
            Fact("id_like", row.distinct / row.n, "share", {"column": row.column}, int(row.n))
            for row in named.itertuples()
        ]
        return facts + self._future(data, types)

    def _future(self, data: Data, types: pd.DataFrame) -> list[Fact]:
        """Dates that have not come yet, over all splits."""
        today = date.fromisoformat(self.today) if self.today else datetime.now(UTC).date()
        frame = pd.concat([split.frame for split in data.splits.values()], ignore_index=True)
        counted = {
            str(name): table.future(column, what, today)
            for (name, column), what in zip(frame.items(), types["inferred"], strict=True)
        }
        return [
            Fact("future_dates", count, "rows", {"column": name, "after": str(today)},
                 n=len(frame), better="lower")
            for name, count in counted.items()
            if count is not None
        ]  # fmt: skip

    def _shown(self, data: Data, outcome: Outcome) -> None:
        chosen = examples.choose(data, self.examples)
        positions = chosen["position"].to_numpy(dtype=np.int64)
        shown = data.train.take(positions)
        covered = examples.coverage(data.train.frame, positions)
        outcome.tables |= {"examples": chosen, "coverage": covered}
        hidden = int((covered["covered"] < COVERED).sum())
        outcome.facts.append(Fact("columns_beyond_examples", hidden, "columns", n=len(chosen)))
        if data.modality == "table":
            outcome.tables["rows"] = shown.frame.rename(columns=str).apply(texts)
        elif data.modality == "text":
            outcome.tables["examples"] = chosen.assign(message=text.spoken(shown))
        elif len(chosen):
            outcome.arrays["shown"] = {"x": shown.x}


def class_counts(data: Data) -> pd.DataFrame:
    """Rows per class and split; empty for regression."""
    rows = [
        {"class": label, "split": name, "count": int((data.splits[name].y == k).sum())}
        for k, label in enumerate(data.classes)
        for name in SPLITS
    ]
    return pd.DataFrame(rows, columns=["class", "split", "count"])


def _sizes(data: Data, told: pd.DataFrame) -> list[Fact]:
    n = len(data.train)
    facts = [
        Fact("rows", len(split), "rows", {"split": name}) for name, split in data.splits.items()
    ]
    facts.append(Fact("columns", len(told), "columns", n=n))
    constant, empty = int((told["distinct"] <= 1).sum()), int((told["distinct"] == 0).sum())
    facts.append(Fact("constant_columns", constant, "columns", n=n, better="lower"))
    facts.append(Fact("empty_columns", empty, "columns", n=n, better="lower"))
    return facts


def _joined(broken: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = [told.assign(split=name) for name, told in broken.items() if len(told)]
    order = ["split", "column", "check", "cells", "example"]
    return pd.concat(found)[order].reset_index(drop=True) if found else pd.DataFrame(columns=order)
