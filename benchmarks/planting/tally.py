"""Counts of what was seen and what was seen in vain, as rates with Wilson's intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.planting.fault import Arm, Fault
from benchmarks.planting.verdict import Verdict
from xaiframe.precaution.measure import wilson


@dataclass
class Rate:
    """``hits`` of ``n``."""

    hits: int = 0
    n: int = 0

    def add(self, hit: bool) -> None:
        self.hits, self.n = self.hits + bool(hit), self.n + 1

    def __str__(self) -> str:
        ends = wilson(self.hits, self.n)
        if ends is None:
            return "–"
        return f"{self.hits / self.n:.0%} ({ends[0]:.0%}–{ends[1]:.0%})".replace("%", " %")

    @property
    def share(self) -> float:
        return self.hits / self.n if self.n else float("nan")


@dataclass
class Tally:
    """One fault of one strength at one size, over sources and seeds.

    speaking: rule → false alarms; precision, recall: of the list of suspects, a value per arm;
    others: rule of another library → its detections and false alarms.
    """

    seen: Rate = field(default_factory=Rate)
    vain: Rate = field(default_factory=Rate)
    possible: Rate = field(default_factory=Rate)
    undecided: Counter[str] = field(default_factory=Counter)
    speaking: Counter[str] = field(default_factory=Counter)
    precision: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    others: dict[str, tuple[Rate, Rate]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def planted(self, fault: Fault, arm: Arm, told: Verdict) -> None:
        """The check's answer to an arm with the fault."""
        self.seen.add(any(rule in told.alarms for rule in fault.rules))
        if told.reason and not told.alarms:
            self.reasons[told.reason] += 1
        if fault.suspects in told.tables:
            suspected = set(told.tables[fault.suspects]["id"].tolist())
            true = len(suspected & set(arm.ids))
            self.precision.append(true / len(suspected) if suspected else np.nan)
            self.recall.append(true / len(arm.ids))

    def control(self, fault: Fault, told: Verdict) -> None:
        """Its answer to an arm without."""
        spoke = [rule for rule in fault.silent if rule in told.alarms]
        self.vain.add(bool(spoke))
        self.speaking.update(spoke)

    def other(self, name: str, planted: bool, seen: bool) -> None:
        pair = self.others.setdefault(name, (Rate(), Rate()))
        pair[0 if planted else 1].add(seen)

    def row(self) -> dict[str, Any]:
        """Plain columns, for a table in a file."""
        told: dict[str, Any] = {}
        for name, rate in (("detected", self.seen), ("false_alarms", self.vain)):
            low, high = wilson(rate.hits, rate.n) or (np.nan, np.nan)
            told |= {name: rate.share, f"{name}_low": low, f"{name}_high": high,
                     f"{name}_n": rate.n}  # fmt: skip
        told["possible"] = self.possible.share
        told["false_by_rule"] = "; ".join(f"{k} {v}" for k, v in self.speaking.items())
        told["precision"], told["recall"] = mean(self.precision), mean(self.recall)
        told["reasons"] = "; ".join(f"{v} × {k}" for k, v in self.reasons.most_common(3))
        for name, (seen, vain) in self.others.items():
            told |= {f"{name}: detected": seen.share, f"{name}: false alarms": vain.share}
        return told


def mean(values: list[float]) -> float:
    """Of the known values; NaN of none."""
    known = [one for one in values if not np.isnan(one)]
    return float(np.mean(known)) if known else float("nan")


def together(parts: list[Tally]) -> Tally:
    """Several tallies as one."""
    whole = Tally()
    for one in parts:
        for name in ("seen", "vain", "possible"):
            rate, more = getattr(whole, name), getattr(one, name)
            rate.hits, rate.n = rate.hits + more.hits, rate.n + more.n
        for name in ("undecided", "speaking", "reasons"):
            getattr(whole, name).update(getattr(one, name))
        whole.precision += one.precision
        whole.recall += one.recall
        for name, pair in one.others.items():
            known = whole.others.setdefault(name, (Rate(), Rate()))
            for into, more in zip(known, pair, strict=True):
                into.hits, into.n = into.hits + more.hits, into.n + more.n
    return whole
