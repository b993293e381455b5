"""Leave one feature out: what the model loses when it has to learn without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.importance import Importance
from xaiframe.model.face import Model
from xaiframe.probe.holding import Refit, hold
from xaiframe.probe.score import Population


@dataclass(frozen=True)
class Lofo(Method):
    """Mean rise of the error per row when the model is fitted again without a feature.

    seeds: fits with and without each feature, at least 2; the audited model is the first.
    top: features left out, those that the audited model's scores miss most when they are held.

    LOCO, Lei et al. 2018 (doi:10.1080/01621459.2017.1307116). The error of a row is |truth −
    prediction|, for classes 1 − the probability of the true one. Without a feature means that it
    is held at its training mean while fitting and while asking. Others may take its place, so a
    redundant feature is worth nothing here however much the model uses it. ``error`` joins the
    spread over rows and over seeds; ``samples`` ``(features, seeds)``.
    """

    seeds: int = 3
    top: int = 8

    scope = "global"
    direction = "perturbation"
    kind = "importance"
    signed = False
    modalities = ("table", "image", "series")
    needs = ("fit",)
    own_reference = True
    stochastic = True
    cost = "rows * (features + 1 + (min(top, features) + 1) * seeds)"
    fits = "(min(top, features) + 1) * seeds - 1"
    reference = "doi:10.1080/01621459.2017.1307116"

    def __post_init__(self) -> None:
        if self.seeds < 2:
            raise ValueError(f"seeds must be at least 2, not {self.seeds}")
        if self.top < 1:
            raise ValueError(f"top must be at least 1, not {self.top}")

    def explain(self, population: Population) -> Importance:
        """Importance of the features left out, most missed first.

        Raises NotApplicable where features are not aligned or the model was not trained here.
        """
        if not population.data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none can be left out")
        if population.refit is None:
            raise NotApplicable("it needs a model that is trained here, to train it again")
        lesson = Lesson(population, population.refit, self.seeds)
        chosen = lesson.missed()[: self.top]
        whole = lesson.errors(())
        rises = np.stack([lesson.errors((feature,)) - whole for feature in chosen])
        spread = rises.mean(axis=1).var(axis=1, ddof=1) / len(population.rows)
        seeds = rises.mean(axis=2)
        return Importance(
            features=[population.features[feature] for feature in chosen],
            values=seeds.mean(axis=1),
            error=np.sqrt(spread + seeds.var(axis=1, ddof=1) / self.seeds),
            unit="rise of error",
            samples=seeds,
            n=len(population.rows),
            evaluations=lesson.evaluations,
        )


class Lesson:
    """Models fitted with and without features, and what they get wrong on the population's rows.

    evaluations: rows that went through any of them, fitting included.
    """

    def __init__(self, population: Population, refit: Refit, seeds: int) -> None:
        self.population, self.refit, self.seeds = population, refit, seeds
        self.evaluations = 0

    def missed(self) -> list[int]:
        """Features in the order of the mean change of the audited model's score without them."""
        population, rows = self.population, self.population.rows.x
        before = population.scorer.evaluations
        base = population.scorer(rows, population.targets)
        moved = []
        for feature in range(len(population.features)):
            held = hold(rows, (feature,), population.data)
            moved.append(np.abs(population.scorer(held, population.targets) - base).mean())
        self.evaluations += population.scorer.evaluations - before
        return [int(one) for one in np.argsort(-np.array(moved), kind="stable")]

    def errors(self, features: tuple[int, ...]) -> Array:
        """``(seeds, n)`` the error at every row of models that never knew these features."""
        population, found = self.population, []
        rows = hold(population.rows.x, features, population.data)
        for number in range(self.seeds):
            if number == 0 and not features:
                model, spent = population.model, 0
            else:
                model, spent = self.refit(features, population.seed + number)
            self.evaluations += spent + len(rows)
            found.append(wrong(model, rows, population.rows.y))
        return np.stack(found)


def wrong(model: Model, x: Array, y: Array) -> Array:
    """``(n,)`` |truth − prediction|, or 1 − the probability of the true class."""
    if model.task == "regression":
        return np.abs(model.predictions(x).astype(np.float64) - y)
    return 1 - model.probabilities(x)[np.arange(len(x)), y]
