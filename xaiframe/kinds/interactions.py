"""What features do together beyond what each does alone, pair by pair."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer

UNITS = {
    "k_sii": "score",
    "faith_shap": "score",
    "shapley_taylor": "score",
    "h": "share of effect",
    "variance": "share of variance",
}
"""Index → unit of its values."""
TOLD = 20
"""Pairs that become facts; the tables hold all."""


@dataclass(kw_only=True)
class Interactions(Answer):
    """Pairs of features, and each feature for itself.

    index
        what the values are, one of :data:`UNITS`.
    pairs
        columns first, second, value, error (standard error, 0 where exact); of a local method also
        id, of ``h`` also size, the joint effect in units of the score, and chance, the size that
        chance alone may give. A pair that is not there was
        not asked about.
    alone
        columns feature, value, error, and id as above: main effects; of ``h`` the share of a
        feature's effect that it has only together with any others.
    aligned
        whether feature k means the same in every instance, so that pairs can be averaged.
    remainder
        share of all effects that neither pairs nor single features account for; NaN if not known.
    spread
        variance of the score over what was asked ÷ over real rows; NaN if not known.
    """

    index: str
    pairs: pd.DataFrame
    alone: pd.DataFrame
    aligned: bool = True
    remainder: float = math.nan
    spread: float = math.nan

    def outcome(self, origin: Source) -> Outcome:
        """A fact per leading pair, and tables ``interactions``, ``alone``; where pairs of many
        instances can be averaged also ``overall``: first, second, mean (with sign), value (mean of
        the sizes), error (its standard error over instances), noise (the mean size that sampling
        errors alone would give)."""
        facts = [Fact("index", self.index), *self._shares(origin)]
        tables = {"interactions": self.pairs, "alone": self.alone}
        if self.aligned:
            tables["overall"] = overall = self.overall()
            facts += [
                Fact("pair", float(one["value"]), UNITS[self.index],
                     {"first": str(one["first"]), "second": str(one["second"])}, self.n,
                     (float(one["value"] - 1.96 * one["error"]),
                      float(one["value"] + 1.96 * one["error"])), source=origin)
                for one in overall.head(TOLD).to_dict("records")
            ]  # fmt: skip
        return Outcome(facts, tables)

    def _shares(self, origin: Source) -> list[Fact]:
        named = {"remainder": (self.remainder, "share"), "spread": (self.spread, "ratio")}
        if "id" in self.pairs:
            named["share"] = (self.share(), "share")
        return [
            Fact(name, value, unit, n=self.n, source=origin)
            for name, (value, unit) in named.items()
            if math.isfinite(value)
        ]

    def share(self) -> float:
        """Mean over instances of Σ|pairs| ÷ (Σ|pairs| + Σ|single features|)."""
        together = self.pairs.assign(size=self.pairs["value"].abs()).groupby("id")["size"].sum()
        single = self.alone.assign(size=self.alone["value"].abs()).groupby("id")["size"].sum()
        together = together.reindex(single.index, fill_value=0.0)
        every = (together + single).to_numpy()
        return float(np.divide(together.to_numpy(), every, out=0 * every, where=every > 0).mean())

    def overall(self) -> pd.DataFrame:
        """One row per pair, largest first, of ``h`` by the joint effect; a pair that an instance
        was not asked about counts 0."""
        if "id" not in self.pairs:
            told = self.pairs.assign(mean=self.pairs["value"], noise=0.0)
            order = ["value"]
            if self.index == "h":  # a large share of a small effect is small
                chance = told["chance"] / told["size"].where(told["size"] > 0, 1.0)
                told = told.assign(noise=told["value"] * chance)
                told["clear"] = told["value"] > told["noise"]
                order = ["clear", "size"]
            found = told.sort_values(order, ascending=False, kind="stable", ignore_index=True)
            return found.drop(columns="clear", errors="ignore")
        told = self.pairs.assign(size=self.pairs["value"].abs())
        told = told.assign(square=told["size"] ** 2)
        found = told.groupby(["first", "second"], sort=False)[
            ["value", "size", "square", "error"]
        ].sum()
        found = found / self.n
        spread = (found["square"] - found["size"] ** 2).clip(lower=0)
        summed = pd.DataFrame(
            {
                "mean": found["value"],
                "value": found["size"],
                "error": np.sqrt(spread / max(self.n - 1, 1)),
                "noise": found["error"] * math.sqrt(2 / math.pi),
            }
        ).reset_index()
        return summed.sort_values("value", ascending=False, kind="stable", ignore_index=True)
