"""One instance's rule as it is told: conditions in the user's words, and how far they carry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from xaiframe.report import explained, words
from xaiframe.report.record import Record
from xaiframe.report.stand_in.phrases import exact
from xaiframe.report.tables.levels import NAMED, Values

NARROW = "\u00a0"
"""Keeps sign, number and unit on one line."""


@dataclass(frozen=True)
class Ruled:
    """What a method ``unit`` (stage, method) stored about the instance at ``position``."""

    record: Record
    unit: tuple[str, str]
    position: int

    @property
    def name(self) -> str:
        return ".".join(self.unit)

    @property
    def key(self) -> str:
        """Where links land."""
        return f"{self.unit[1]}-{self.position}"

    def _own(self, table: str) -> pd.DataFrame:
        stored = self.record.table(self.name, table)
        if stored is None:
            return pd.DataFrame(columns=["position"])
        return stored[stored["position"] == self.position].reset_index(drop=True)

    @cached_property
    def rule(self) -> pd.Series | None:
        """The row of the table ``rules``; None where the method did not explain the instance."""
        own = self._own("rules")
        return None if own.empty else own.iloc[0]

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """Columns feature, sign, limit, word."""
        return self._own("conditions")

    @cached_property
    def said(self) -> list[str]:
        """Each condition; two of one column are one."""
        if explained.modality(self.record) == "text":
            return [words.quoted(one) for one in self.conditions["word"]]
        values = Values(self.record)
        return [
            condition(values, str(feature), dict(zip(own["sign"], own["limit"], strict=True)))
            for feature, own in self.conditions.groupby("feature", sort=False)
        ]

    @property
    def features(self) -> list[str]:
        return list(dict.fromkeys(self.conditions["feature"].astype(str)))

    @property
    def answer(self) -> str:
        """The class that stays, or the quantity with what counts as the same."""
        assert self.rule is not None
        if str(self.rule["answer"]):
            return str(self.rule["answer"])
        table = explained.instances(self.record)
        target = str(table.loc[table["position"] == self.position, "target"].iloc[0])
        unit = explained.target_unit(self.record, target)
        gap = amount(self.record, f"{self.name}.tolerance")
        return f"{words.number(float(self.rule['score']))} ± {words.number(gap, unit)}"

    @property
    def required(self) -> str:
        """``95 of 100``: how often an answer had to stay."""
        return words.of_hundred(amount(self.record, f"{self.name}.required"))

    @property
    def kept(self) -> str:
        """``99 of 100 draws (at least 98)``: how often it stays."""
        assert self.rule is not None
        low = math.floor(100 * float(self.rule["low"]) + 1e-9)
        return f"{words.of_hundred(float(self.rule['precision']))} draws (at least {low})"

    @property
    def borne_out(self) -> str:
        """What the model answers to other rows that the rule speaks of."""
        assert self.rule is not None
        rows = int(self.rule["rows"])
        if not rows:
            return "none"
        return f"{round(float(self.rule['alike']) * rows)} of {rows}"


def amount(record: Record, name: str) -> float:
    """A fact's number; 0 where the run has none."""
    fact = record.facts.one(name)
    return 0.0 if fact is None or fact.value is None else float(fact.value)


def condition(values: Values, feature: str, ends: Mapping[Any, Any]) -> str:
    """``worst radius > 16.8 mm``, ``2 < age ≤ 52``, ``sex is female``, ``pay is missing``;
    ``ends``: sign → limit."""
    if "missing" in ends:
        return f"{feature} is missing"
    if "kept" in ends:
        return feature
    if "=" in ends:
        return f"{feature} is {values.said(feature, float(ends['=']))}"
    low, high, kind = ends.get(">"), ends.get("≤"), values.kind(feature)
    if kind in NAMED or kind == "date":
        above, up_to = ("after", "by") if kind == "date" else ("above", "at most")
        said = math.floor if kind in NAMED else float
        parts = [
            f"{way} {values.said(feature, said(float(end)))}"
            for way, end in ((above, low), (up_to, high))
            if end is not None
        ]
        return f"{feature}: {' and '.join(parts)}"
    unit = values.units.get(feature, "")
    tail = f"{NARROW}{unit}" if unit else ""
    if high is None:
        return f"{feature}{NARROW}>{NARROW}{exact(float(ends['>']))}{tail}"
    front = "" if low is None else f"{exact(float(low))}{NARROW}<{NARROW}"
    return f"{front}{feature}{NARROW}≤{NARROW}{exact(float(high))}{tail}"
