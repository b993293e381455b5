"""What would have to be different for another answer: the smallest changes found, per instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer

FOUND, NONE, ALREADY = "found", "none", "already"
"""States of an instance: changed, nothing found, and as wanted from the start."""
TYPICAL = 0.95
"""Share of the training rows of a class that lie no farther from their nearest other."""


@dataclass(kw_only=True)
class Counterfactuals(Answer):
    """Altered inputs that bring about another decision, or a quantity that is farther on.

    counterfactuals
        a row per altered input, nearest first, or one for an instance without: id, rank (from 1; 0
        without), state, before and after (classes, empty for a quantity), score and score_after
        (of the explained output), changed (features), distance, apart (to the nearest training row
        of the class it is turned into), usual and limit (the median and the 95 % quantile of how
        far those rows, of a quantity all rows, lie from each other); NaN where not known.
    changes
        a row per changed feature: id, rank, feature, before and after (a number, a code for a
        level, NaN where a feature is no number or missing), size (of the change, in ``unit``).
    after
        ``(n, k, *input_shape)`` float32: the altered pictures or series, NaN behind the last;
        ``(n, 0)`` of tables and messages.
    unit
        of distance and size. wanted: the answer that was sought, in words.
    fixed
        names of the features that were left as they are, one a line.
    table
        whether features are columns that somebody may act upon.
    """

    counterfactuals: pd.DataFrame
    changes: pd.DataFrame
    after: Array
    unit: str
    wanted: str
    fixed: str = ""
    table: bool = False

    def outcome(self, origin: Source) -> Outcome:
        """Facts about what was found; tables ``counterfactuals`` and ``changes``; arrays
        ``after`` of pictures and series."""
        once = self.counterfactuals.drop_duplicates(["id", "rank"])  # new rows may be equal
        asked = once[once["state"] != ALREADY]
        best = asked[asked["rank"] == 1]
        n = int(asked["id"].nunique())
        facts = [
            Fact("wanted", self.wanted, source=origin),
            share("validity", len(best), n, origin),
            mean("changed", best["changed"], "features", origin),
            mean("distance", best["distance"], self.unit, origin),
        ]
        if self.fixed:
            facts.append(Fact("fixed", ", ".join(self.fixed.split("\n")), source=origin))
        ratio = (best["apart"] / best["usual"])[best["usual"] > 0]
        if len(ratio):
            facts.append(mean("plausibility", ratio, "times the usual distance", origin))
        if best["apart"].notna().any():
            facts.append(share("plausible", int(near(best).sum()), len(best), origin))
            if self.table:
                able = asked.loc[(asked["state"] == FOUND) & near(asked), "id"].nunique()
                facts.append(share("actionable", int(able), n, origin))
        facts += self._diversity(origin)
        facts += self._changed(best, origin)
        tables = {"counterfactuals": self.counterfactuals, "changes": self.changes}
        arrays = {"after": {"x": self.after}} if self.after.ndim > 2 else {}
        return Outcome(facts, tables, arrays)

    def _diversity(self, origin: Source) -> list[Fact]:
        """Mean over instances of how little two of its alternatives have in common."""
        sets = {
            key: set(own["feature"])
            for key, own in self.changes.groupby(["id", "rank"], sort=False)
        }
        apart: dict[object, list[float]] = {}
        for a, b in combinations(sets, 2):
            if a[0] == b[0]:
                apart.setdefault(a[0], []).append(unlike(sets[a], sets[b]))
        if not apart:
            return []
        means = pd.Series([float(np.mean(own)) for own in apart.values()])
        return [mean("diversity", means, "share", origin)]

    def _changed(self, best: pd.DataFrame, origin: Source) -> list[Fact]:
        """Per feature, in how many of the nearest alternatives it is changed; of tables only, for
        elsewhere a feature is a place."""
        if not self.table:
            return []
        own = self.changes[self.changes["rank"] == 1].groupby("feature", sort=False)["id"].nunique()
        return [
            share("changes", int(count), len(best), origin, {"feature": str(name)})
            for name, count in own.sort_values(ascending=False, kind="stable").items()
        ]


def near(rows: pd.DataFrame) -> Array:
    """``(rows,)`` bool: which lie no farther from training rows than 95 % of those from each
    other."""
    return (rows["apart"] <= rows["limit"]).to_numpy()


def unlike(a: set[str], b: set[str]) -> float:
    """Share of the features changed by either of two alternatives that only one changes."""
    return 1 - len(a & b) / max(len(a | b), 1)


def share(
    name: str, count: int, n: int, origin: Source, labels: dict[str, str] | None = None
) -> Fact:
    """A share with its 95 % interval (Wilson)."""
    if not n:
        return Fact(name, None, "share", labels or {}, 0, source=origin, reason="there were none")
    ends = binomtest(count, n).proportion_ci(method="wilson")
    return Fact(
        name, count / n, "share", labels or {}, n, (float(ends.low), float(ends.high)),
        source=origin,
    )  # fmt: skip


def mean(name: str, values: pd.Series, unit: str, origin: Source) -> Fact:
    """A mean with its 95 % interval over instances."""
    known = values.dropna().to_numpy(dtype=float)
    if not len(known):
        return Fact(name, None, unit, n=0, source=origin, reason="none was found")
    middle = float(known.mean())
    half = 1.96 * float(known.std(ddof=1)) / len(known) ** 0.5 if len(known) > 1 else 0.0
    return Fact(name, middle, unit, {}, len(known), (middle - half, middle + half), source=origin)


@dataclass
class Sheet:
    """The two tables of the kind, written alternative by alternative."""

    rows: list[dict[str, object]] = field(default_factory=list)
    changes: list[dict[str, object]] = field(default_factory=list)

    def without(self, identity: int, state: str, before: str, score: float) -> None:
        """An instance that has no alternative."""
        self.rows.append(
            {"id": identity, "rank": 0, "state": state, "before": before, "after": "",
             "score": score}
        )  # fmt: skip

    def found(
        self,
        identity: int,
        rank: int,
        answers: tuple[str, str],
        scores: tuple[float, float],
        changes: Sequence[tuple[str, float, float, float]],
        distance: float,
        **near: float,
    ) -> None:
        """One alternative: its ``answers`` and ``scores`` before and after, and per changed feature
        its name, what it was and is, and the size of the change."""
        self.rows.append(
            {"id": identity, "rank": rank, "state": FOUND, "before": answers[0],
             "after": answers[1], "score": scores[0], "score_after": scores[1],
             "changed": float(len(changes)), "distance": distance, **near}
        )  # fmt: skip
        self.changes += [
            {"id": identity, "rank": rank, "feature": name, "before": before, "after": after,
             "size": size}
            for name, before, after, size in changes
        ]  # fmt: skip

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Both as frames with all their columns."""
        columns = ["id", "rank", "state", "before", "after", "score", "score_after", "changed",
                   "distance", "apart", "usual", "limit"]  # fmt: skip
        rows = pd.DataFrame(self.rows, columns=columns)
        rows[columns[5:]] = rows[columns[5:]].astype(float)
        changes = pd.DataFrame(
            self.changes, columns=["id", "rank", "feature", "before", "after", "size"]
        )
        if changes.empty:  # without rows pandas knows no types, and Parquet would keep none
            changes = changes.astype({"id": "int64", "rank": "int64", "feature": object,
                                      "before": float, "after": float, "size": float})  # fmt: skip
        return rows, changes
