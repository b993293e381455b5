"""Values of a table's features in the user's own words: levels, dates, numbers with units."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.record import Record

MISSING = "(missing)"
SHORT = 7
"""Characters of a number that is shown as it was written."""
WHOLE = re.compile(r"[-+]?\d{1,7}")
NAMED = ("categorical", "ordinal", "boolean")


@dataclass(frozen=True)
class Values:
    """The values of a run's explained instances."""

    record: Record

    @cached_property
    def names(self) -> list[str]:
        return explained.features(self.record)

    @cached_property
    def units(self) -> dict[str, str]:
        return explained.units(self.record)

    @cached_property
    def numbers(self) -> Array:
        """``(n, features)``: codes for levels, NaN for what is missing."""
        return explained.inputs(self.record)["values"]

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Feature → numeric, ordinal, categorical, boolean or date."""
        stored = self.record.table("probe.instances", "features")
        if stored is None or "kind" not in stored:
            return {}
        return dict(zip(stored["feature"].astype(str), stored["kind"].astype(str), strict=True))

    @cached_property
    def levels(self) -> dict[str, dict[int, str]]:
        """Feature → code → level; of a date the day from which its days are counted, at 0."""
        stored = self.record.table("probe.instances", "levels")
        found: dict[str, dict[int, str]] = {}
        if stored is not None:
            for name, code, level in stored[["feature", "code", "level"]].itertuples(index=False):
                found.setdefault(str(name), {})[int(code)] = str(level)
        return found

    @cached_property
    def shown(self) -> pd.DataFrame | None:
        return self.record.table("probe.instances", "shown")

    @cached_property
    def profile(self) -> dict[str, pd.Series]:
        """Column → its row of the training split's profile."""
        stored = self.record.table("precaution.profile", "columns")
        return {} if stored is None else {str(r["column"]): r for _, r in stored.iterrows()}

    @cached_property
    def counts(self) -> pd.DataFrame | None:
        return self.record.table("precaution.profile", "values")

    def kind(self, feature: str) -> str:
        return self.kinds.get(feature, "numeric")

    def cell(self, feature: str, position: int) -> str:
        """The value of one instance as the user knows it, with its unit; long numbers rounded."""
        text = "" if self.shown is None else str(self.shown[feature].iloc[position])
        if text == MISSING or (text and self.kind(feature) != "numeric"):
            return text
        if 0 < len(text) <= SHORT:
            return f"{text.replace('-', '−')} {self.units.get(feature, '')}".strip()
        return self.said(feature, float(self.numbers[position, self.names.index(feature)]))

    def brief(self, feature: str, position: int) -> str:
        """The value for a sentence or a printed table: whole numbers, years and levels as they
        were written, other numbers in at most three significant digits, or without
        decimals from a thousand on."""
        written = self.cell(feature, position)
        text = "" if self.shown is None else str(self.shown[feature].iloc[position])
        if self.kind(feature) != "numeric" or WHOLE.fullmatch(text):
            return written
        value = float(self.numbers[position, self.names.index(feature)])
        value = float(round(value)) if abs(value) >= 1000 else value
        said = self.said(feature, value)
        return written if 0 < len(text) <= SHORT and len(written) <= len(said) else said

    def said(self, feature: str, value: float) -> str:
        """A value by its number: a level's name, a date, or the number with its unit."""
        if math.isnan(value):
            return MISSING
        kind, known = self.kind(feature), self.levels.get(feature, {})
        if kind == "date":
            return day(known, value)
        if kind in NAMED:
            return known.get(round(value), words.number(value))
        return words.number(value, self.units.get(feature, ""))

    def usual(self, feature: str) -> str:
        """The middle half of the training rows, or their most frequent level with its share."""
        row, kind = self.profile.get(feature), self.kind(feature)
        if row is None or not {"q25", "q75"} <= set(row.index):
            return "not profiled"
        low, high = float(row["q25"]), float(row["q75"])
        if kind == "date":
            return f"{day({}, low)[:10]} to {day({}, high)[:10]}"
        if kind not in NAMED:
            return words.interval((low, high)) or words.number(low)
        if self.counts is not None:
            mine = self.counts[self.counts["column"] == feature]
            if not mine.empty:
                return frequent(mine, int(row["n"]) + int(row["missing"]))
        return words.interval((low, high)) or "not profiled"


def day(known: Mapping[int, str], value: float) -> str:
    """The date so many days after the first."""
    moment = pd.Timestamp(known.get(0, "1970-01-01")) + pd.Timedelta(days=value)
    return str(moment.round("s")).removesuffix(" 00:00:00")


def frequent(counts: pd.DataFrame, rows: int) -> str:
    """``clear (66 %)``: the most frequent of counted values."""
    first = counts.sort_values("count", ascending=False, kind="stable").iloc[0]
    return f"{first['value']} ({words.number(100 * int(first['count']) / rows, digits=2)} %)"
