"""A model that is its own explanation, fitted to the same target, beside the audited one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer

QUANTITIES = ("score", "audited", "difference", "agreement")


@dataclass(kw_only=True)
class Transparent(Answer):
    """``comparison`` has a row for each of :data:`QUANTITIES`: quantity, value, low, high, unit.

    ``difference`` is the audited model's score less this one's, on the same test rows.

    size, parts
        how much there is to read, and of what: leaves, terms, curves.
    tree, terms, shapes
        what it says; empty where it has none. ``tree`` as
        :func:`xaiframe.probe.questions.nodes`; ``terms`` as
        :func:`xaiframe.probe.weighted_sum.terms` with low, high and, where the audited model is a
        weighted sum too, its own weight in ``audited``; ``shapes``, the most important feature
        first: feature, output, x (where a step begins, or a level's code; NaN for a missing value),
        value, low, high, importance.
    """

    size: int
    parts: str
    comparison: pd.DataFrame
    tree: pd.DataFrame = field(default_factory=pd.DataFrame)
    terms: pd.DataFrame = field(default_factory=pd.DataFrame)
    shapes: pd.DataFrame = field(default_factory=pd.DataFrame)

    def outcome(self, origin: Source) -> Outcome:
        """Facts of the comparison; tables ``transparent``, ``tree``, ``terms``, ``shapes``."""
        facts = [Fact("size", self.size, self.parts)]
        facts += [
            Fact(one["quantity"], one["value"], one["unit"], n=self.n,
                 interval=(one["low"], one["high"]), source=origin)
            for one in self.comparison.to_dict("records")
        ]  # fmt: skip
        told = {"tree": self.tree, "terms": self.terms, "shapes": self.shapes}
        kept = {name: table for name, table in told.items() if not table.empty}
        return Outcome(facts, {"transparent": self.comparison} | kept)
