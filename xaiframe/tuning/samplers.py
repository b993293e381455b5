"""How the next trial is drawn: Optuna's samplers, fresh for every trial and seeded by its place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    RandomSampler,
    TPESampler,
)
from optuna.trial import FrozenTrial

from xaiframe.tuning.designs import CELLS, Fixed, Point, cells, grid, spread
from xaiframe.tuning.ray_hyperopt import Hyperopt
from xaiframe.tuning.space import Parameter

SAMPLERS = ("tpe", "random", "grid", "gp", "cmaes", "nsga2", "nsga3", "qmc", "hyperopt")


@dataclass(frozen=True)
class Drawing:
    """Which sampler, over what. start: the current configuration, encoded; points: grid levels;
    workers: that draw at the same time."""

    sampler: str
    parameters: Sequence[Parameter]
    trials: int
    seed: int
    start: Mapping[str, Any]
    points: int
    workers: int = 1

    @property
    def possible(self) -> int:
        """Trials that there can be: a grid ends with its last cell."""
        return min(self.trials, 1 + len(self._design)) if self.sampler == "grid" else self.trials

    def number(self, place: int, purpose: str = "") -> int:
        """The seed of one place, 0 to 2³² - 1."""
        state = hashlib.sha256(f"{self.seed}:{place}{purpose}".encode()).digest()
        return int.from_bytes(state[:4], "big")

    def at(self, place: int) -> BaseSampler:
        """The sampler of one place; the current configuration stands at the first.

        A search that is killed and resumed draws the same, for nothing but the place and the
        trials before it decides. TPE, GP and Hyperopt first draw at random, half of the trials and
        at most ten; NSGA breeds from a population of a quarter of the trials, 4 to 50.
        """
        seed = self.number(place)
        chance = RandomSampler(seed=seed)
        if place == 0:
            return Fixed(self.start, chance)
        if self.sampler in ("grid", "qmc"):
            return Fixed(self._design[(place - 1) % len(self._design)], chance)
        first, population = min(10, max(2, self.trials // 2)), max(4, min(50, self.trials // 4))
        samplers: dict[str, Callable[[], BaseSampler]] = {
            "random": lambda: chance,
            "tpe": lambda: TPESampler(
                # What others are trying counts as bad, so that not all try the same.
                seed=seed, n_startup_trials=first, constant_liar=self.workers > 1
            ),
            "gp": lambda: GPSampler(
                seed=seed, n_startup_trials=first, independent_sampler=chance,
                deterministic_objective=False,
            ),
            "cmaes": lambda: CmaEsSampler(
                seed=seed, independent_sampler=chance, warn_independent_sampling=False
            ),
            "nsga2": lambda: NSGAIISampler(seed=seed, population_size=population),
            "nsga3": lambda: NSGAIIISampler(seed=seed, population_size=population),
            "hyperopt": lambda: Hyperopt(self.parameters, seed, first, chance),
        }  # fmt: skip
        return samplers[self.sampler]()

    @cached_property
    def _design(self) -> list[Point]:
        if self.sampler == "grid":
            return grid(self.parameters, self.points, self.start, self.seed)
        return spread(self.parameters, self.trials, self.seed)


class Placed(BaseSampler):
    """Hands every trial the sampler of its place."""

    def __init__(self, drawing: Drawing, place: Callable[[Study, FrozenTrial], int]) -> None:
        self.drawing, self.place = drawing, place
        self.position = 0

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.position = self.place(study, trial)
        self.inner = self.drawing.at(self.position)
        self.inner.before_trial(study, trial)
        self.chance = self.inner
        if isinstance(self.inner, (NSGAIISampler, NSGAIIISampler)):
            # NSGA would draw mutated values from the very stream that decides what mutates.
            self.chance = RandomSampler(seed=self.drawing.number(self.position, "mutation"))

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self.inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if isinstance(self.inner, CmaEsSampler):
            trial = copy(trial)
            trial.number = self.position  # it seeds by the number, and a kill used one up
        return self.inner.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        return self.chance.sample_independent(study, trial, param_name, param_distribution)


def refusal(
    sampler: str,
    parameters: Sequence[Parameter],
    objectives: Sequence[str],
    points: int,
    engine: str = "processes",
) -> str:
    """Why this sampler cannot search that; empty where it can."""
    if sampler == "grid":
        size = cells(parameters, points)
        if size > CELLS:
            return f"the grid has {size} cells, more than {CELLS}: fewer points, or qmc"
    if sampler == "hyperopt" and engine != "ray":
        return f"hyperopt comes through Ray, not {engine}: engine: ray, or take tpe"
    if sampler in ("cmaes", "hyperopt") and len(objectives) > 1:
        return (
            f"{sampler} follows one objective, not "
            f"{', '.join(objectives)}: keep the first, or take nsga2 or tpe"
        )
    return _unmoved(parameters) if sampler == "cmaes" else ""


def _unmoved(parameters: Sequence[Parameter]) -> str:
    """Why cmaes cannot move along these."""
    choices = [one.name for one in parameters if one.kind == "choice"]
    if choices:
        return f"cmaes moves along numbers, {', '.join(choices)} is a choice: take tpe, gp or nsga2"
    if len(parameters) < 2:
        return "cmaes learns how parameters go together and needs two of them: take tpe or gp"
    return ""
