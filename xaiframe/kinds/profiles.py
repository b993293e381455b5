"""How the score of single instances moves with each feature, and where the decision turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer


@dataclass(kw_only=True)
class Profiles(Answer):
    """Profiles of the leading features of each instance, and marks of all its features.

    profiles
        columns id, feature, x (in the feature's own unit, a code for a level), y (score of the
        explained output), decision (the class that is predicted there; empty for a quantity).
    marks
        columns id, feature, value (the instance's own, NaN where missing), score, low and high (of
        the profile), turn (the nearest value at which another class is predicted, NaN where there
        is none) and into (that class, empty where there is none).
    """

    profiles: pd.DataFrame
    marks: pd.DataFrame

    def outcome(self, origin: Source) -> Outcome:
        """Per feature how far it moves the score and how many decisions it turns alone; tables
        ``profiles`` and ``marks``."""
        marks = self.marks.assign(
            reach=self.marks["high"] - self.marks["low"], turns=self.marks["into"] != ""
        )
        facts = [Fact("turned", self._turned(marks), "share", n=self.n, source=origin)]
        for name, own in marks.groupby("feature", sort=False):
            about, reach = {"feature": str(name)}, own["reach"].to_numpy()
            spread = float(reach.std(ddof=1) / np.sqrt(len(reach))) if len(reach) > 1 else 0.0
            mean = float(reach.mean())
            ends = (mean - 1.96 * spread, mean + 1.96 * spread)
            facts.append(Fact("reach", mean, "score", about, self.n, ends, source=origin))
            if facts[0].value is not None:
                share = float(own["turns"].sum() / self.n)
                facts.append(Fact("turns", share, "share", about, self.n, source=origin))
        return Outcome(facts, {"profiles": self.profiles, "marks": self.marks})

    def _turned(self, marks: pd.DataFrame) -> float | None:
        """Share of the decisions that some feature alone turns; None where nothing is decided."""
        if not (self.profiles["decision"] != "").any():
            return None
        return float(marks.groupby("id")["turns"].any().sum() / self.n)
