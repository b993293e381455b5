"""Concepts: does an output rise along a direction that a person's concept has in a layer?"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.concepts import Concepts as Answer
from xaiframe.probe.declared import fault, meeting, said
from xaiframe.probe.halves import Halves
from xaiframe.probe.score import Population

FEWEST, EXPLAINED = 12, 3
"""Rows that a concept must have, and rows of an output that must be explained."""
HELD = 1 / 3
"""Share of the rows that tests a direction instead of teaching it."""


@dataclass(frozen=True)
class Concepts(Method):
    """Testing with concept activation vectors (TCAV) for concepts declared as conditions.

    concepts: name → condition on rows of the training split, every part of which must hold:
    ``{column: mean area, above: 800}`` (also below, equals; of pictures, series and messages the
    columns are measured properties), ``{classes: [3, 8]}``, ``{word: free}``.
    layer: whose activations are read, a name in the network; empty for the last with weights before
    the output's, before its activation function.
    rounds: random sets that each concept is told from, and random concepts, at least 5.
    most: rows of a concept and of a random set, at least 12. sample: training rows that both are
    chosen from, evenly spread, at least 50.
    least: accuracy on held-out rows below which a concept has no direction in the layer, 0 to 1;
    alpha: error rate of the test against random concepts. Both limits are ours.

    Kim et al. 2018 (arXiv:1711.11279). A direction is that of a logistic regression, by
    scikit-learn, between activations of a concept's rows and of random rows that do not meet it.
    The score is the share of an output's test rows (of a class: those that bear it) whose
    score rises along it. Random concepts are sets of random rows; the two are compared by the
    rank test of Mann & Whitney, Bonferroni-corrected over concepts and outputs. What correlates
    with a concept in the data shares its direction.
    """

    concepts: Mapping[str, Any] = field(default_factory=dict)
    layer: str = ""
    rounds: int = 20
    most: int = 100
    sample: int = 5000
    least: float = 0.7
    alpha: float = 0.05

    scope = "global"
    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    kind = "concepts"
    needs = ("gradient", "layers")
    own_reference = True
    stochastic = True
    cost = "min(sample, train) + rows"
    library = "scikit-learn"
    reference = "arXiv:1711.11279"

    def __post_init__(self) -> None:
        if self.rounds < 5:
            raise ValueError(f"rounds must be at least 5, not {self.rounds}")
        if self.most < FEWEST or self.sample < 50:
            raise ValueError(f"most must be at least {FEWEST} and sample at least 50")
        if not (0 <= self.least <= 1 and 0 < self.alpha < 1):
            raise ValueError("least and alpha must be between 0 and 1")
        for name, condition in self.concepts.items():
            wrong = fault(str(name), condition)
            if wrong:
                raise ValueError(f"concepts must be conditions: {wrong}")

    def explain(self, population: Population) -> Answer:
        """Scores per concept and output.

        Raises NotApplicable where no concept is declared, where one speaks of what the data do not
        have or too few rows meet it, and where the network cannot be cut in two.
        """
        if not self.concepts:
            raise NotApplicable(
                "no concept is declared: name some under gradient.concepts.concepts, for example "
                "large: {column: area, above: 800}"
            )
        data, scorer, before = population.data, population.scorer, population.scorer.evaluations
        pool = data.train.take(evenly(len(data.train), self.sample))
        met = {str(name): self._rows(str(name), one, population, pool)
               for name, one in self.concepts.items()}  # fmt: skip
        halves = Halves.of(population.model, scorer, self.layer)
        activations = halves.activations(pool.x).astype(np.float64)
        spread = float(activations.std()) or 1.0
        activations /= spread
        slopes, outputs = self._slopes(population, halves)
        told = {"": self._rounds(activations, None, slopes, outputs, population.seed, 0)}
        told |= {
            name: self._rounds(activations, own, slopes, outputs, population.seed, place)
            for place, (name, own) in enumerate(met.items(), start=1)
        }
        counts = [len(own) for own in slopes]
        table = self._table(told, met, outputs, counts)
        return Answer(
            concepts=table,
            scores=pd.DataFrame(
                [
                    {"concept": name, "output": output, "round": number, "score": float(score)}
                    for name, (_, shares) in told.items()
                    for output, own in zip(outputs, shares.T, strict=True)
                    for number, score in enumerate(own)
                ]
            ),
            layer=halves.name,
            n=len(population.rows),
            evaluations=scorer.evaluations - before,
        )

    def _rows(self, name: str, condition: Mapping[str, Any], population: Population,
              pool: Any) -> Array:  # fmt: skip
        """``(pool,)`` bool: who meets the condition; enough must, and enough must not."""
        met = meeting(name, condition, population.data, pool)
        count = int(met.sum())
        for amount, what in ((count, "meet"), (len(met) - count, "do not meet")):
            if amount < FEWEST:
                raise NotApplicable(
                    f"concept {name}: {amount} of {len(met)} training rows {what} "
                    f"{said(condition)!r}; at least {FEWEST} must"
                )
        return met

    def _slopes(
        self, population: Population, halves: Halves
    ) -> tuple[list[Array], tuple[str, ...]]:
        """Per output ``(rows, units)`` the slopes of its own rows, and the outputs' names."""
        data, rows = population.data, population.rows
        if data.task == "regression":
            return [halves.slopes(rows.x, np.zeros(len(rows), dtype=np.int64))], (data.target,)
        every = halves.slopes(rows.x, rows.y.astype(np.int64))
        own = [every[rows.y == number] for number in range(len(data.classes))]
        kept = [at for at, one in enumerate(own) if len(one) >= EXPLAINED]
        if not kept:
            raise NotApplicable(f"no class has {EXPLAINED} rows in the explained sample")
        return [own[at] for at in kept], tuple(data.classes[at] for at in kept)

    def _rounds(
        self, activations: Array, met: Array | None, slopes: list[Array],
        outputs: tuple[str, ...], seed: int, place: int,
    ) -> tuple[Array, Array]:  # fmt: skip
        """``(rounds,)`` accuracies and ``(rounds, outputs)`` scores; ``met`` None for random
        concepts."""
        accuracy, shares = np.zeros(self.rounds), np.zeros((self.rounds, len(outputs)))
        for number in range(self.rounds):
            rng = np.random.default_rng([seed, 4711, place, number])
            if met is None:
                order = rng.permutation(len(activations))
                half = min(self.most, len(order) // 2)
                inside, outside = order[:half], order[half : 2 * half]
            else:
                inside, outside = (rng.permutation(np.flatnonzero(one)) for one in (met, ~met))
                half = min(self.most, len(inside), len(outside))
                inside, outside = inside[:half], outside[:half]
            direction, accuracy[number] = self._direction(activations[inside], activations[outside])
            shares[number] = [float((own @ direction > 0).mean()) for own in slopes]
        return accuracy, shares

    def _direction(self, inside: Array, outside: Array) -> tuple[Array, float]:
        """``(units,)`` towards the concept, and how often it tells held-out rows apart."""
        held = max(1, round(HELD * len(inside)))
        x = np.concatenate([inside[held:], outside[held:]])
        y = np.repeat([1, 0], [len(inside) - held, len(outside) - held])
        fit = LogisticRegression(C=0.1, max_iter=500)
        with warnings.catch_warnings():
            # What has not converged is a direction all the same; its accuracy is measured.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fit.fit(x, y)
        tested = np.concatenate([inside[:held], outside[:held]])
        return fit.coef_[0], float(fit.score(tested, np.repeat([1, 0], held)))

    def _table(
        self, told: dict[str, tuple[Array, Array]], met: dict[str, Array],
        outputs: tuple[str, ...], counts: list[int],
    ) -> pd.DataFrame:  # fmt: skip
        chance, tests = told[""][1], len(met) * len(outputs)
        rows = []
        for name, own in met.items():
            accuracy, shares = told[name]
            for place, output in enumerate(outputs):
                mine, other = shares[:, place], chance[:, place]
                p = min(1.0, tests * different(mine, other))
                low, high = np.quantile(mine, [0.025, 0.975])
                random_low, random_high = np.quantile(other, [0.025, 0.975])
                rows.append(
                    {"concept": name, "condition": said(self.concepts[name]), "output": output,
                     "rows": int(own.sum()), "accuracy": float(accuracy.mean()),
                     "score": float(mine.mean()), "low": low, "high": high,
                     "random": float(other.mean()), "random_low": random_low,
                     "random_high": random_high, "p": p, "explained": counts[place],
                     "stands": bool(p < self.alpha and accuracy.mean() >= self.least)}
                )  # fmt: skip
        return pd.DataFrame(rows)


def different(a: Array, b: Array) -> float:
    """Two-sided p of the rank test; 1 where all are the same."""
    if np.ptp(np.concatenate([a, b])) == 0:
        return 1.0
    return float(mannwhitneyu(a, b, alternative="two-sided", method="asymptotic").pvalue)
