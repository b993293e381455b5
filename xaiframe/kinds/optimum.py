"""The inputs at which the model's outputs are largest, beside the rows that come nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer


@dataclass(kw_only=True)
class Optimum(Answer):
    """An input per output, in the order of the rows of ``optimum``.

    optimum
        columns output, score (at the optimum; for a quantity that is lowered it is the smallest),
        start (where the search began), largest (among ``n`` rows; the smallest where lowered),
        answer (what the model predicts there), apart (to the nearest training row) and usual (the
        median of how far those lie from each other), in standard deviations per element.
    features
        of a table: output, feature, value (in the feature's own unit, a code for a level), sd (its
        distance from the training split's mean in standard deviations; NaN of a level) and edge
        (``low``, ``high`` or empty: whether it lies at an end of the training split's range).
    x, best, start
        ``(k, *input_shape)``, ``(k, *input_shape)``, ``input_shape``: the optima, the row of the
        largest score for each, and where the search began.
    """

    optimum: pd.DataFrame
    features: pd.DataFrame
    x: Array
    best: Array
    start: Array

    def outcome(self, origin: Source) -> Outcome:
        """Facts per output; tables ``optimum`` and, of tables, ``features``; arrays ``inputs``."""
        facts: list[Fact] = []
        for one in self.optimum.to_dict("records"):
            labels = {"output": str(one["output"])}
            facts += [
                Fact("score", float(one["score"]), "score", labels, source=origin),
                Fact("largest", float(one["largest"]), "score", labels, self.n, source=origin),
                Fact("apart", float(one["apart"]), "sd", labels, source=origin),
                Fact("usual", float(one["usual"]), "sd", labels, source=origin),
            ]
        tables = {"optimum": self.optimum}
        tables |= {} if self.features.empty else {"features": self.features}
        arrays = {"inputs": {"x": self.x, "best": self.best, "start": self.start}}
        return Outcome(facts, tables, arrays)
