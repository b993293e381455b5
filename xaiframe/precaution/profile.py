"""Profile: what the data are, column by column, and the schema that later data must fit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.data.messages.words import key, words
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.columns import distinct, kind, numbers, texts
from xaiframe.precaution.schema import breaches, infer

SPLITS = ("train", "validation", "test")
QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "max": 1.0}


@dataclass(frozen=True)
class Profile:
    """Statistics and histograms of the training split, classes of every split, pandera schema.

    Images, messages and series are profiled through their measured properties; images with the
    mean picture of each class, messages with the words that occur in most of them.

    bins
        bars of a numeric column's histogram.
    values
        most frequent values listed of a categorical column.
    margin
        how far beyond the training range a number may lie before it breaks the schema, in widths
        of that range.
    categories
        a categorical column with more distinct values than this is not held to them.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    bins: int = 20
    values: int = 10
    margin: float = 1.0
    categories: int = 50

    def __post_init__(self) -> None:
        if self.bins < 1 or self.values < 1 or self.categories < 1:
            raise ValueError("profile: bins, values and categories must be at least 1")
        if self.margin < 0:
            raise ValueError(f"profile: margin must be 0 or more, not {self.margin}")

    def __call__(self, data: Data, seed: int) -> Outcome:  # noqa: ARG002 (every check takes one)
        """Facts rows, columns, constant_columns, and schema_breaches: cells of validation and test
        that do not fit the schema of the training split.

        Tables columns, histograms, values, classes, breaches; file schema.yaml; for images the
        arrays ``examples`` with ``mean_<class>`` ``input_shape``.
        """
        frame = data.train.frame.rename(columns=str)
        schema = infer(frame, self.margin, self.categories)
        broken = {
            name: breaches(schema, data.splits[name].frame.rename(columns=str)) for name in SPLITS
        }
        table = pd.DataFrame(
            [describe(str(name), column) for name, column in frame.items()], columns=COLUMNS
        )
        return Outcome(
            facts=[*_sizes(data, table), *_broken(data, broken)],
            tables={
                "columns": table,
                "histograms": self._histograms(data, frame),
                "values": self._values(frame, data),
                "classes": class_counts(data),
                "breaches": _joined(broken),
            },
            arrays={"examples": mean_pictures(data)} if data.modality == "image" else {},
            files={"schema.yaml": str(schema.to_yaml()).encode()},
        )

    def _histograms(self, data: Data, frame: pd.DataFrame) -> pd.DataFrame:
        columns = {n: numbers(c) for n, c in frame.items() if kind(c) == "numeric"}
        if data.task == "regression":
            columns[data.target] = data.train.y.astype(np.float64)
        parts = [histogram(str(name), values, self.bins) for name, values in columns.items()]
        return pd.concat([pd.DataFrame(EMPTY_HISTOGRAM), *parts], ignore_index=True)

    def _values(self, frame: pd.DataFrame, data: Data) -> pd.DataFrame:
        if data.modality == "text":
            return frequent_words(data, self.values)
        parts = [
            texts(column).value_counts().head(self.values).rename_axis("value").reset_index()
            for _, column in frame.items()
            if kind(column) == "categorical"
        ]
        names = [str(name) for name, column in frame.items() if kind(column) == "categorical"]
        labelled = [part.assign(column=name) for name, part in zip(names, parts, strict=True)]
        empty = pd.DataFrame({"column": [], "value": [], "count": []})
        return pd.concat(labelled)[list(empty)].reset_index(drop=True) if labelled else empty


COLUMNS = ["column", "kind", "n", "missing", "distinct", "mean", "sd", *QUANTILES]
EMPTY_HISTOGRAM = {
    "column": np.array([], dtype=object),
    "left": np.array([], dtype=np.float64),
    "right": np.array([], dtype=np.float64),
    "count": np.array([], dtype=np.int64),
}


def describe(name: str, column: pd.Series) -> dict[str, object]:
    """One row of ``columns``: n values present, how many missing, moments and quartiles (ddof 1);
    dates in days since 1970, NaN where a category or an empty column has none."""
    row: dict[str, object] = {"column": name, "kind": kind(column)}
    if kind(column) == "categorical":
        present = int(column.notna().sum())
        row |= {"n": present, "missing": len(column) - present, "distinct": distinct(column)}
        return row | dict.fromkeys(COLUMNS[5:], np.nan)
    values = numbers(column)
    values = values[~np.isnan(values)]
    n = len(values)
    row |= {"n": n, "missing": len(column) - n, "distinct": distinct(column)}
    row["mean"] = float(values.mean()) if n else np.nan
    row["sd"] = float(values.std(ddof=1)) if n > 1 else np.nan
    cuts = np.quantile(values, list(QUANTILES.values())) if n else [np.nan] * 5
    return row | dict(zip(QUANTILES, map(float, cuts), strict=True))


def histogram(name: str, values: Array, bins: int) -> pd.DataFrame:
    """Equal-width bars over the range of the values present; none at all gives no bar."""
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return pd.DataFrame(EMPTY_HISTOGRAM)
    low, high = present.min(), present.max()
    # a range too narrow for distinct edges is one bar, like that of a constant
    narrow = high - low <= bins * np.spacing(max(abs(low), abs(high)))
    count, edges = np.histogram(present, 1 if narrow else bins)
    return pd.DataFrame({"column": name, "left": edges[:-1], "right": edges[1:], "count": count})


def frequent_words(data: Data, most: int) -> pd.DataFrame:
    """The words that occur in most training messages, per class: column ``class: …``, value, count
    of messages; in all of them where the target is a number."""
    messages = np.array([set(map(key, found)) for found in _spellings(data)], dtype=object)
    groups = [
        (f"{data.target}: {name}", messages[data.train.y == k])
        for k, name in enumerate(data.classes)
    ] or [("words", messages)]
    rows = [
        {"column": name, "value": word, "count": count}
        for name, own in groups
        for word, count in Counter(chain.from_iterable(map(sorted, own))).most_common(most)
    ]
    return pd.DataFrame(rows, columns=["column", "value", "count"])


def _spellings(data: Data) -> list[list[str]]:
    """The words of each training message that hold a letter or a digit."""
    original = data.train.original
    found = [] if original is None else [words(str(message)) for message in original]
    return [[w.surface for w in own if any(map(str.isalnum, w.surface))] for own in found]


def class_counts(data: Data) -> pd.DataFrame:
    """Rows per class and split; empty for regression."""
    rows = [
        {"class": label, "split": name, "count": int((data.splits[name].y == k).sum())}
        for k, label in enumerate(data.classes)
        for name in SPLITS
    ]
    return pd.DataFrame(rows, columns=["class", "split", "count"])


def mean_pictures(data: Data) -> dict[str, Array]:
    """``mean_<class>`` → ``input_shape`` float32 mean of that class's training pictures."""
    return {
        f"mean_{label}": data.train.x[data.train.y == k].mean(axis=0, dtype=np.float64)
        for k, label in enumerate(data.classes)
        if (data.train.y == k).any()
    }


def _sizes(data: Data, table: pd.DataFrame) -> list[Fact]:
    n = len(data.train)
    facts = [
        Fact("rows", len(split), "rows", {"split": name}) for name, split in data.splits.items()
    ]
    facts.append(Fact("columns", len(table), "columns", n=n))
    constant = int((table["distinct"] <= 1).sum())
    facts.append(Fact("constant_columns", constant, "columns", n=n, better="lower"))
    return facts


def _broken(data: Data, broken: dict[str, pd.DataFrame]) -> list[Fact]:
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
        for name in ("validation", "test")
    ]


def _joined(broken: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = [table.assign(split=name) for name, table in broken.items() if len(table)]
    order = ["split", "column", "check", "cells", "example"]
    return pd.concat(found)[order].reset_index(drop=True) if found else pd.DataFrame(columns=order)
