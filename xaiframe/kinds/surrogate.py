"""Simple models that stand in for the audited one: how far they answer alike, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer


@dataclass(kw_only=True)
class Surrogate(Answer):
    """``fits`` has a row per stand-in: form (tree, linear), size (leaves or terms), fidelity with
    low and high, constant (the fidelity of the best single answer), skill with skill_low and
    skill_high, stands.

    measure
        of fidelity, against the model's answers in held-out rows: share of rows, or R².
    learnt
        training rows whose answers the stand-ins were fitted to.
    tree, terms
        as :func:`xaiframe.probe.questions.nodes` and :func:`xaiframe.probe.weighted_sum.terms`
        give them; empty where there is none.
    """

    measure: str
    learnt: int
    fits: pd.DataFrame
    tree: pd.DataFrame
    terms: pd.DataFrame = field(default_factory=pd.DataFrame)

    def outcome(self, origin: Source) -> Outcome:
        """Facts per form; tables ``surrogate``, ``tree``, ``terms``."""
        facts = [Fact("learnt", self.learnt, "rows")]
        for one in self.fits.to_dict("records"):
            labels = {"form": str(one["form"])}
            facts += [
                Fact("fidelity", one["fidelity"], self.measure, labels, self.n,
                     (one["low"], one["high"]), "higher", origin),
                Fact("skill", one["skill"], "share of a constant's errors", labels, self.n,
                     (one["skill_low"], one["skill_high"]), "higher", origin),
                Fact("stands", bool(one["stands"]), labels=labels, n=self.n),
                Fact("size", int(one["size"]), "leaves" if one["form"] == "tree" else "terms",
                     labels),
            ]  # fmt: skip
        tables = {"surrogate": self.fits, "tree": self.tree}
        return Outcome(facts, tables | ({} if self.terms.empty else {"terms": self.terms}))
