"""How far an output leans on concepts that a person declared, beside random ones."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer


@dataclass(kw_only=True)
class Concepts(Answer):
    """``concepts`` has a row per concept and output; ``scores`` one per concept, output and round.

    concepts
        columns concept, condition (in words), output, rows (that meet it), accuracy (of telling
        held-out concept rows from random ones, mean over rounds), score (share of the output's
        explained rows whose score rises along the concept, mean over rounds) with low and high (the
        middle 95 % of rounds), random (the same along random concepts) with random_low and
        random_high, p (two-sided, corrected for all rows of the table), explained (rows), stands
        (whether it counts).
    scores
        concept (empty for a random one), output, round, score.
    layer
        whose activations were read.
    """

    concepts: pd.DataFrame
    scores: pd.DataFrame
    layer: str

    def outcome(self, origin: Source) -> Outcome:
        """Facts per concept and output; tables ``concepts`` and ``scores``."""
        facts = [Fact("layer", self.layer)]
        for name, own in self.concepts.groupby("concept", sort=False):
            labels = {"concept": str(name)}
            facts.append(
                Fact("accuracy", float(own["accuracy"].iloc[0]), "share", labels,
                     int(own["rows"].iloc[0]), better="higher", source=origin)
            )  # fmt: skip
        for one in self.concepts.to_dict("records"):
            labels = {"concept": str(one["concept"]), "output": str(one["output"])}
            n = int(one["explained"])
            facts += [
                Fact("sensitivity", float(one["score"]), "share", labels, n,
                     (float(one["low"]), float(one["high"])), source=origin),
                Fact("p", float(one["p"]), "", labels, n, source=origin),
                Fact("stands", bool(one["stands"]), labels=labels, n=n),
            ]  # fmt: skip
        return Outcome(facts, {"concepts": self.concepts, "scores": self.scores})
