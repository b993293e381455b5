"""Surrogate: a small tree, and a few weighted terms, taught to answer as the model does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.surrogate import Surrogate as StandIns
from xaiframe.probe.likeness import alike, skill
from xaiframe.probe.questions import grown, nodes
from xaiframe.probe.score import Population
from xaiframe.probe.sheet import Column, Sheet
from xaiframe.probe.weighted_sum import Scale, sparse, terms


@dataclass(frozen=True)
class Surrogate(Method):
    """A decision tree, and a sparse weighted sum, of the model's answers to training rows.

    depth: questions asked at most, at least 1. leaves: answers at most, at least 2.
    terms: columns of the weighted sum, 0 for none.
    sample: training rows whose answers are learnt, at least 20, evenly spread.
    least: share of a constant's errors that a stand-in must avoid in held-out rows, at the lower
    end of the interval, to be said to stand for the model, 0 to 1; a limit of ours, none is
    published.

    Craven & Shavlik 1996 (Advances in Neural Information Processing Systems 8); Molnar 2022,
    Interpretable Machine Learning. What is asked of a row: columns and their levels; the words of
    a message; the mean of each patch of a picture or segment of a series. The tree learns the
    predicted class, or value; the weighted sum learns the score of each output. Fidelity is
    measured against the model's answers to rows of the test split, not against the truth: share of
    the same class, or R². A stand-in tells how the answers can be retold, not how they are made.
    """

    depth: int = 4
    leaves: int = 12
    terms: int = 8
    sample: int = 2000
    least: float = 0.6

    scope = "global"
    direction = "perturbation"
    library = "scikit-learn"
    kind = "surrogate"
    own_reference = True
    cost = "min(sample, train) + rows"
    reference = "Craven & Shavlik 1996, NIPS 8"

    def __post_init__(self) -> None:
        if self.depth < 1 or self.leaves < 2:
            raise ValueError("depth must be at least 1 and leaves at least 2")
        if self.terms < 0:
            raise ValueError(f"terms must be at least 0, not {self.terms}")
        if self.sample < 20:
            raise ValueError(f"sample must be at least 20, not {self.sample}")
        if not 0 <= self.least <= 1:
            raise ValueError(f"least must be between 0 and 1, not {self.least}")

    def explain(self, population: Population) -> StandIns:
        """The stand-ins with their fidelity.

        Raises NotApplicable where nothing can be asked of every row alike, and where the model
        gives every row the same answer.
        """
        data, scorer, before = population.data, population.scorer, population.scorer.evaluations
        sheet, task = Sheet(data), data.task
        learnt = data.train.x[evenly(len(data.train), self.sample)]
        scores, held = scorer.outputs(learnt), scorer.outputs(population.rows.x)
        answers, due = answer(scores, task), answer(held, task)
        if len(np.unique(answers)) < 2 or len(np.unique(due)) < 2:
            raise NotApplicable(
                "the model gives every row the same answer: there is none to retell"
            )
        x, asked = sheet(learnt), sheet(population.rows.x)
        tree = grown(x, answers, sheet.columns, task, self.depth, self.leaves)
        drawn = nodes(tree, sheet.columns, data.classes)
        told = {"tree": (int((drawn["kind"] == "").sum()), tree.predict(asked.astype(np.float32)))}
        sums = pd.DataFrame()
        if self.terms:
            outputs = data.classes or (data.target,)
            sums, again = self._sums(sheet.columns, outputs, x, scores, asked)
            told["linear"] = (len(sums) // len(outputs), answer(again, task))
        constant = np.bincount(answers).argmax() if data.classes else answers.mean()
        return StandIns(
            measure="share of rows" if data.classes else "R²",
            learnt=len(learnt),
            fits=pd.DataFrame(
                [
                    {"form": form, "size": parts}
                    | self._fit(due, by, float(constant), task, population.seed)
                    for form, (parts, by) in told.items()
                ]
            ),
            tree=drawn,
            terms=sums,
            n=len(population.rows),
            evaluations=scorer.evaluations - before,
        )

    def _sums(
        self,
        columns: Sequence[Column],
        outputs: Sequence[str],
        x: Array,
        scores: Array,
        asked: Array,
    ) -> tuple[pd.DataFrame, Array]:
        """The weighted sum of ``scores`` ``(n, outputs)``, and what it gives for ``asked``."""
        scale = Scale.of(x, columns)
        chosen, weights, intercept = sparse(scale(x), scores, self.terms)
        own = Scale(scale.mean[chosen], scale.unit[chosen])
        told = terms([columns[at] for at in chosen], own, outputs, weights)
        return told, intercept + scale(asked)[:, chosen] @ weights

    def _fit(self, due: Array, by: Array, constant: float, task: str, seed: int) -> dict[str, Any]:
        """How far ``by`` ``(n,)`` is the model's answers ``due`` ``(n,)``."""
        better = skill(due, by, constant, task, seed)
        fidelity = alike(due, by) if task == "classification" else better
        alone = float((due == constant).mean()) if task == "classification" else 0.0
        return {
            "fidelity": fidelity.value, "low": fidelity.low, "high": fidelity.high,
            "constant": alone, "skill": better.value, "skill_low": better.low,
            "skill_high": better.high, "stands": bool(better.low >= self.least),
        }  # fmt: skip


def answer(scores: Array, task: str) -> Array:
    """``(n,)`` the class of the highest score, or the value."""
    return np.asarray(scores.argmax(axis=1) if task == "classification" else scores[:, 0])
