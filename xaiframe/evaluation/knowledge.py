"""Knowledge: what the domain expert believes, tested statement by statement on the explanations."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable, Problem, RecipeError
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.opinion import Opinion, direction, weight
from xaiframe.evaluation.sight import Sight, importance, sight_on, trend
from xaiframe.evaluation.statistics import Estimate
from xaiframe.evaluation.vocabulary import by_word
from xaiframe.explanation import Outcome
from xaiframe.facts import Better, Fact
from xaiframe.recipe import Knowledge as Statement

Verdict = Literal["held", "contradicted", "undecided"]
VERDICTS: dict[Verdict, Better] = {"held": "higher", "contradicted": "lower", "undecided": "none"}
SIDES = {"P": "perturbation", "G": "gradient"}


@dataclass(frozen=True)
class Witness:
    """What one direction (P or G) says about a statement."""

    side: str
    opinion: Opinion
    words: str
    share: Estimate
    rank: float
    slope: Estimate


@dataclass(frozen=True)
class Knowledge:
    """Every statement of ``strategy.knowledge`` held, contradicted or undecided.

    minimum: instances a statement needs to be judged.

    rises, falls: over the instances, the Spearman correlation of the feature's value with its
    attribution (mean of the direction's signed methods, each scaled to its mean size); the
    partial dependence curve, where it is of the same class, is a second witness of P. Of messages
    a feature is a word: its value is how often it occurs.
    matters, does_not_matter: the feature's mean share of |attribution|, above 1 / features or
    below half of it. A direction speaks only when the whole 95 % interval does; held means that
    P and G both say so, contradicted that both say the contrary, anything else is undecided; where
    no method of one direction explained anything, the other decides alone, and that is said.
    """

    minimum: int = 10

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "0"
    reference = ""

    def __post_init__(self) -> None:
        if self.minimum < 3:
            raise ValueError(f"minimum must be at least 3, not {self.minimum}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """A fact per statement and the shares of each verdict; table statements.

        Raises RecipeError naming every feature and class that is not in the data, NotApplicable
        when nothing is stated or explained.
        """
        statements = evidence.strategy.knowledge
        if not statements:
            raise NotApplicable("the strategy states no knowledge")
        problems = list(unknown_names(statements, evidence.data))
        if problems:
            raise RecipeError(problems)
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        if evidence.data.modality == "text":
            evidence = by_word(evidence)
        rows = [self._judge(statement, evidence) for statement in statements]
        facts = [_statement_fact(row) for row in rows]
        verdicts = [row["verdict"] for row in rows]
        for verdict, better in VERDICTS.items():
            share = verdicts.count(verdict) / len(rows)
            facts.append(Fact(f"{verdict}_share", share, "share", n=len(rows), better=better))
        return Outcome(facts=facts, tables={"statements": pd.DataFrame(rows)})

    def _judge(self, statement: Statement, evidence: Evidence) -> dict[str, Any]:
        """One row of the table: verdict, the words behind it, and the numbers behind the words."""
        if statement.feature in evidence.data.dropped:
            held = statement.effect == "does_not_matter"
            return _unseen(statement, "the feature was dropped; the model never sees it", held)
        if statement.feature not in evidence.data.features:
            return _unseen(statement, "no explained message holds it")
        feature = evidence.data.features.index(statement.feature)
        sight = sight_on(statement, evidence)
        witnesses = [
            self._witness(side, statement, feature, sight, evidence)
            for side in SIDES
            if evidence.by_direction(SIDES[side])
        ]
        verdict, words = self._verdict(witnesses, sight)
        share, low, high = _mean_cells([one.share.cells for one in witnesses])
        row: dict[str, Any] = {
            "feature": statement.feature,
            "effect": statement.effect,
            "because": statement.because,
            "class": statement.class_name,
            "verdict": verdict,
            "evidence": words,
            "n": len(sight.positions),
            "local_share": share,
            "low": low,
            "high": high,
        }
        row |= _no_numbers()
        for one in witnesses:
            slope, slope_low, slope_high = one.slope.cells
            key = one.side.lower()
            row |= {
                f"{key}_rank": one.rank,
                f"{key}_share": one.share.cells[0],
                f"{key}_correlation": slope,
                f"{key}_low": slope_low,
                f"{key}_high": slope_high,
            }
        return row

    def _verdict(self, witnesses: list[Witness], sight: Sight) -> tuple[Verdict, str]:
        if sight.gap:
            return "undecided", sight.gap
        if len(sight.positions) < self.minimum:
            found = len(sight.positions)
            return "undecided", f"{found} instances can be judged, {self.minimum} are needed"
        words = "; ".join(f"{one.side}: {one.words}" for one in witnesses)
        if len(witnesses) == 1:
            words += f"; {SIDES[witnesses[0].side]} alone was asked"
        opinions = {one.opinion for one in witnesses}
        if opinions == {"for"}:
            return "held", words
        return ("contradicted" if opinions == {"against"} else "undecided"), words

    def _witness(
        self, side: str, statement: Statement, feature: int, sight: Sight, evidence: Evidence
    ) -> Witness:
        share, rank = importance(SIDES[side], feature, sight, evidence)
        slope = trend(SIDES[side], feature, sight, evidence)
        if statement.effect in ("rises", "falls"):
            opinion, words = direction(side, statement, slope, evidence)
        else:
            opinion, words = weight(statement, share, len(evidence.data.features))
        return Witness(side, opinion, words, share, rank, slope)


def _unseen(statement: Statement, why: str, held: bool = False) -> dict[str, Any]:
    """The row of a feature that no explanation can be read of."""
    row: dict[str, Any] = {
        "feature": statement.feature,
        "effect": statement.effect,
        "because": statement.because,
        "class": statement.class_name,
        "verdict": "held" if held else "undecided",
        "evidence": why,
        "n": 0,
    }
    return row | dict.fromkeys(("local_share", "low", "high"), float("nan")) | _no_numbers()


def _no_numbers() -> dict[str, float]:
    """What a direction that says nothing leaves in the table."""
    numbers = ("share", "rank", "correlation", "low", "high")
    return dict.fromkeys((f"{s.lower()}_{n}" for s in SIDES for n in numbers), float("nan"))


def unknown_names(statements: Sequence[Statement], data: Data) -> Iterator[Problem]:
    """A problem per feature or class that a statement names and the data do not have."""
    for number, statement in enumerate(statements):
        place = f"strategy.knowledge[{number}]"
        names = data.encoding.names(data.features)
        asked = [("feature", statement.feature, (*names, *data.dropped))]
        if statement.class_name:
            asked.append(("class", statement.class_name, data.classes))
        for kind, name, known in asked:
            if name not in known:
                near = difflib.get_close_matches(name, known, 3, cutoff=0.5)
                listed = ", ".join(near or known[:8]) or f"the task has no {kind}"
                hint = f"did you mean {listed}?" if near else listed
                yield Problem(f"{place}.{kind}", f"the data have no {kind} {name!r}", hint)


def _mean_cells(cells: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Mean share of the directions that have one; the interval is the widest of theirs."""
    known = np.array([one for one in cells if np.isfinite(one[0])])
    if not len(known):
        return np.nan, np.nan, np.nan
    return float(known[:, 0].mean()), float(known[:, 1].min()), float(known[:, 2].max())


def _statement_fact(row: dict[str, Any]) -> Fact:
    return Fact(
        "statement",
        row["verdict"],
        labels={key: row[key] for key in ("feature", "effect", "class")},
        n=row["n"],
        reason=row["evidence"],
    )
