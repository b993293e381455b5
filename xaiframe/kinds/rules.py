"""What is enough for an answer: conditions under which the model says it, whatever else is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer
from xaiframe.kinds.counterfactuals import mean, share

REACHED, SHORT, REFUTED, EMPTY = "reached", "short", "refuted", "empty"
"""States of an instance: a rule that holds as often as required; none that does (the nearest one is
told); one that fresh draws bear out and held-out rows clearly do not; no condition needed."""
LISTED = 5
"""Rules that are put together at most."""
WORTH = 0.02
"""Share of the held-out rows that each of these must add."""
OTHER, ALIKE = 1, 2
"""What a held-out row that a rule speaks of is answered; 0: it does not speak of it."""


@dataclass(kw_only=True)
class Rules(Answer):
    """A rule per instance: conditions, and how often the answer stays when they are met.

    rules
        a row per instance: id, state, answer (the class; empty for a quantity), score (of the
        predicted output), size (conditions), precision (share of ``draws`` made after the search
        that are answered alike), low and high (its bounds at ``confidence``), searched (the share
        that the search itself saw), coverage (share of the held-out rows that the rule speaks of,
        NaN where it speaks of none by itself), rows (held-out rows asked about) and alike (share of
        them answered as the instance, NaN without any), evaluations.
    conditions
        a row per condition: id, feature, sign (``>``, ``≤``, ``=``, ``missing``, ``kept``), limit
        (a number, a code for a level), word (of a message).
    met
        ``(n, held)`` int8: :data:`OTHER` or :data:`ALIKE` for each held-out row.
    required, confidence
        the precision that a rule had to reach, and how surely.
    tolerance
        how far a quantity may be from the instance's and counts as alike; 0 for classes.
    modality
        table, image, text or series: whether features compare, and rows meet rules by themselves.
    """

    rules: pd.DataFrame
    conditions: pd.DataFrame
    met: Array
    required: float
    confidence: float
    tolerance: float
    modality: str

    def outcome(self, origin: Source) -> Outcome:
        """Facts about what was found; tables ``rules``, ``conditions`` and, where rules speak of
        other rows by themselves, ``together``."""
        once = self.rules.drop_duplicates("id")  # new rows may be equal
        told, n = once[once["state"] == REACHED], len(once)
        facts = [
            Fact("required", self.required, "share", source=origin),
            Fact("confidence", self.confidence, "share", source=origin),
            share("reached", len(told), n, origin),
            share("refuted", int((once["state"] == REFUTED).sum()), n, origin),
            share("empty", int((once["state"] == EMPTY).sum()), n, origin),
            mean("precision", told["precision"], "share", origin),
            mean("conditions", told["size"].astype(float), "conditions", origin),
        ]
        if self.tolerance:
            facts.append(Fact("tolerance", self.tolerance, "target", source=origin))
        if told["coverage"].notna().any():
            facts.append(mean("coverage", told["coverage"], "share", origin))
        if told["alike"].notna().any():
            facts.append(mean("alike", told["alike"], "share", origin))
        tables = {"rules": self.rules, "conditions": self.conditions}
        if self.modality in ("table", "text") and len(told):
            together = self._together()
            tables["together"] = together
            if len(together):
                held, last = self.met.shape[1], together.iloc[-1]
                facts.append(
                    share("together", int(last["covered"]), held, origin,
                          {"rules": str(len(together))})
                )  # fmt: skip
        facts += self._uses(told, origin)
        return Outcome(facts, tables)

    def _together(self) -> pd.DataFrame:
        """Few rules that speak of many held-out rows: greedily, each the one that adds most.

        id (whose rule), rank, rows (held-out rows it speaks of), added (of which no earlier one
        did), covered (by all so far), right (of those added, how many are answered as it says).
        """
        able = np.flatnonzero((self.rules["state"] == REACHED) & ~self.rules["id"].duplicated())
        open_ = np.ones(self.met.shape[1], dtype=bool)
        found: list[dict[str, object]] = []
        while len(able) and len(found) < LISTED:
            added = ((self.met[able] > 0) & open_).sum(axis=1)
            chosen = int(added.argmax())
            if added[chosen] < max(1, WORTH * len(open_)):
                break
            own = self.met[able[chosen]]
            fresh = (own > 0) & open_
            open_ &= own == 0
            found.append(
                {"id": self.rules["id"].iloc[able[chosen]], "rank": len(found) + 1,
                 "rows": int((own > 0).sum()), "added": int(fresh.sum()),
                 "covered": int((~open_).sum()), "right": int((own[fresh] == ALIKE).sum())}
            )  # fmt: skip
        columns = ["id", "rank", "rows", "added", "covered", "right"]
        return pd.DataFrame(found, columns=columns).astype("int64")

    def _uses(self, told: pd.DataFrame, origin: Source) -> list[Fact]:
        """Per feature, in how many of the rules it stands; of tables only, for elsewhere a feature
        is a place."""
        if self.modality != "table":
            return []
        own = self.conditions[self.conditions["id"].isin(told["id"])]
        counts = own.groupby("feature", sort=False)["id"].nunique()
        return [
            share("uses", int(count), len(told), origin, {"feature": str(name)})
            for name, count in counts.sort_values(ascending=False, kind="stable").items()
        ]


@dataclass
class Sheet:
    """The two tables of the kind, written instance by instance."""

    rows: list[dict[str, object]] = field(default_factory=list)
    conditions: list[dict[str, object]] = field(default_factory=list)

    def add(
        self, identity: int, state: str, answer: str,
        conditions: Sequence[tuple[str, str, float, str]], **numbers: float,
    ) -> None:  # fmt: skip
        """One instance's rule, its conditions as feature, sign, limit and word."""
        self.rows.append(
            {"id": identity, "state": state, "answer": answer, "size": len(conditions), **numbers}
        )
        self.conditions += [
            {"id": identity, "feature": feature, "sign": sign, "limit": limit, "word": word}
            for feature, sign, limit, word in conditions
        ]

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Both as frames with all their columns."""
        rows = pd.DataFrame(self.rows)
        conditions = pd.DataFrame(
            self.conditions, columns=["id", "feature", "sign", "limit", "word"]
        )
        if conditions.empty:  # without rows pandas knows no types, and Parquet would keep none
            conditions = conditions.astype({"id": "int64", "feature": object, "sign": object,
                                            "limit": float, "word": object})  # fmt: skip
        return rows, conditions
