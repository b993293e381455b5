"""Bias: who is in the data, how often each group has the outcome, and what gives the group away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.data.groups.grouping import Grouping
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.sensitive.base_rates import base_rate_facts, base_rate_table, compared
from xaiframe.precaution.sensitive.people import PAIR, people
from xaiframe.precaution.sensitive.proxies import Proxies, null95, obstacle, proxies, readable
from xaiframe.precaution.sensitive.representation import (
    representation_facts,
    representation_table,
)

NAMED = 20
"""Features whose power has a fact, the strongest first; the table has all."""


@dataclass(frozen=True)
class Bias:
    """Groups of ``strategy.sensitive`` in the training split, and of pairs of those columns.

    positive
        the class whose base rate is compared, by name; empty: the second of two, and with more each
        of the ten commonest against all others.
    smallest
        groups of fewer rows are shown, not judged.
    bins
        column of numbers → edges between its groups; without, its quartiles once it has more than 8
        values.
    expected
        column → group → share that the population has, each above 0, at most 1 together.
    draws
        random assignments of rows to groups that tell what chance does to a gap.
    folds, permutations, sample
        of the classifier that looks for proxies: cross-validation folds, shuffles behind its null
        law, most rows read.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")
    needs = ("sensitive",)

    positive: str = ""
    smallest: int = 30
    bins: Mapping[str, Sequence[float]] = field(default_factory=dict)
    expected: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    draws: int = 1000
    folds: int = 5
    permutations: int = 100
    sample: int = 800

    def __post_init__(self) -> None:
        if self.folds < 2 or self.smallest < 2 * self.folds:
            raise ValueError("bias: at least 2 folds, and smallest at least twice the folds")
        if self.draws < 100 or self.permutations < 20 or self.sample < 100:
            raise ValueError("bias: at least 100 draws, 20 permutations and a sample of 100 rows")
        empty = [column for column, edges in self.bins.items() if not len(edges)]
        if empty:
            raise ValueError(f"bias: bins names no edge for {', '.join(empty)}")
        for column, shares in self.expected.items():
            if not shares or min(shares.values()) <= 0 or sum(shares.values()) > 1 + 1e-9:
                raise ValueError(
                    f"bias: expected.{column} must hold shares above 0 that add up to at most 1"
                )

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts representation, representation_ratio per group; base_rate (mean_target) per group,
        its difference and ratio per column with their null laws; proxy_power, proxy_null95,
        strongest_proxy per column, feature_power per feature. Tables groups, base_rates, proxies.

        Raises NotApplicable without sensitive columns or when ``positive`` is no class.
        """
        if self.positive and self.positive not in data.classes:
            listed = ", ".join(data.classes[:12])
            raise NotApplicable(
                f"positive is {self.positive!r}, the classes are {listed or 'none'}"
            )
        groupings, y = people(data, data.train, self.bins), data.train.y
        random = np.random.default_rng([seed, 37])
        found = compared(data, y, groupings, self.positive, self.smallest, self.draws, random)
        spread = float(np.std(y)) if data.task == "regression" and len(y) else 0.0
        alone = [one for one in groupings if PAIR not in one.column]
        proxy_facts, proxy_table = self._proxies(data, alone, seed)
        return Outcome(
            facts=[
                *representation_facts(alone, self.expected),
                *base_rate_facts(found, data.target, spread),
                *proxy_facts,
            ],
            tables={
                "groups": representation_table(groupings, self.expected),
                "base_rates": base_rate_table(found),
                "proxies": proxy_table,
            },
        )

    def _proxies(
        self, data: Data, groupings: Sequence[Grouping], seed: int
    ) -> tuple[list[Fact], pd.DataFrame]:
        facts: list[Fact] = []
        tables: list[pd.DataFrame] = []
        for grouping in groupings:
            rows = readable(grouping, self.smallest, self.sample, self.folds, seed)
            features = data.train.frame.rename(columns=str).iloc[rows]
            features = features.drop(columns=grouping.column, errors="ignore")
            reason = obstacle(grouping.of[rows], features, self.smallest)
            if reason:
                told = Fact("proxy_power", None, "AUC", n=len(rows), better="lower", reason=reason)
                facts.append(replace(told, labels={"column": grouping.column}))
                continue
            of = grouping.of[rows]
            found = proxies(of, features, self.folds, self.permutations, seed)
            facts += proxy_facts(grouping.column, found, len(groupings))
            tables.append(found.columns.assign(sensitive=grouping.column, n=found.n))
        names = ["sensitive", "column", "power", "low", "high", "importance", "n"]
        table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)
        return facts, table[names]


def proxy_facts(column: str, found: Proxies, columns: int) -> Iterator[Fact]:
    """Power of all other columns together, its chance level, and of the strongest ones alone."""
    labels, top = {"column": column}, found.columns.iloc[0]
    yield Fact("proxy_power", found.power, "AUC", labels, found.n, found.interval, "lower")
    yield Fact("proxy_null95", null95(found, columns), "AUC", labels, found.n)
    strongest = {**labels, "feature": str(top["column"])}
    ends = (float(top["low"]), float(top["high"]))
    yield _power("strongest_proxy", float(top["power"]), strongest, found.n, ends)
    for row in found.columns.head(NAMED).to_dict("records"):
        named = {**labels, "feature": str(row["column"])}
        yield _power("feature_power", row["power"], named, found.n, (row["low"], row["high"]))


def _power(
    name: str, value: float, labels: dict[str, str], n: int, ends: tuple[float, float]
) -> Fact:
    return Fact(name, value, "AUC", labels, n, ends, "lower", source("scikit-learn"))
