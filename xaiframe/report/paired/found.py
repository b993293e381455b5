"""What a method of pairs stored, what its index is called and asks, and its finding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from xaiframe.report import words
from xaiframe.report.record import Record

KIND = "interactions"
TITLED = 28
"""Characters of a feature's name in a title."""
INDICES = {
    "k_sii": "Shapley interaction index",
    "faith_shap": "Faith-SHAP interaction",
    "shapley_taylor": "Shapley–Taylor interaction",
    "h": "Friedman's H",
    "variance": "share of the score's variance",
}
QUESTIONS = {
    "k_sii": "What two features do to a score together, beyond what each does alone; averaged over "
    "all the company they can keep. Main effects and pairs sum to score − base.",
    "faith_shap": "The sum of main effects and pairs that fits the score of every combination of "
    "features best. Main effects and pairs sum to score − base.",
    "shapley_taylor": "A single feature gets what it does when it comes first, a pair all that the "
    "later of the two adds because the other is there. Main effects and pairs sum to score − base.",
    "h": "The share of two features' effect that they have only together: 0 where their effects "
    "simply add up, 1 where neither has any without the other.",
    "variance": "How much of the score's variance each feature accounts for alone, how much a pair "
    "adds when both vary, and what is left to larger groups.",
}
SIGNED = ("k_sii", "faith_shap", "shapley_taylor")


@dataclass(frozen=True)
class Found:
    """What one method stored."""

    record: Record
    unit: str
    method: str

    @classmethod
    def of(cls, record: Record, unit: tuple[str, str]) -> Found:
        return cls(record, ".".join(unit), unit[1])

    @cached_property
    def index(self) -> str:
        return str(self.record.facts.value(f"{self.unit}.index", "k_sii"))

    @cached_property
    def signed(self) -> bool:
        return self.index in SIGNED

    def table(self, name: str) -> pd.DataFrame:
        stored = self.record.table(self.unit, name)
        return pd.DataFrame() if stored is None else stored

    @cached_property
    def rows(self) -> str:
        """What it rests on."""
        fact = self.record.facts.one(f"{self.unit}.evaluations")
        thing = "explained instance" if self.signed else "row"
        return words.count(int(fact.n), thing) if fact is not None and fact.n else ""

    def value(self, name: str) -> float:
        found = self.record.facts.value(f"{self.unit}.{name}")
        return float(found) if isinstance(found, (int, float)) else math.nan


def title(found: Found, pairs: pd.DataFrame) -> str:
    """The finding: the strongest pair, or that there is none worth the name."""
    best = pairs if found.index == "h" else pairs.sort_values("value", ascending=False)
    top = best.iloc[0]
    names = " and ".join(
        words.quoted(words.shortened(top[side], TITLED)) for side in ("first", "second")
    )
    value = words.number(float(top["value"]), digits=2)
    if float(top["value"]) <= max(1.96 * float(top["error"]), float(top["noise"])):
        return "No pair stands out: effects add up as far as these numbers tell"
    if found.index == "h":
        return f"{names} do most together: H {value}"
    return f"{names} change each other's effect most: {value} on average"


def percent(share: float) -> str:
    """A share as per cent, from 0 on."""
    return f"{words.number(100 * max(0.0, float(share)), digits=2)} %"


def clear(pairs: pd.DataFrame) -> pd.DataFrame:
    """Those that exceed twice their error, the largest first."""
    size = pairs["value"].abs()
    kept = pairs[(size > 1.96 * pairs["error"]) & (size > 1e-6 * size.max())]
    return kept.assign(size=kept["value"].abs()).sort_values("size", ascending=False, kind="stable")
