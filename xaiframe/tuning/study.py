"""A study of the recipe's settings: several objectives by fact name, explanation beside score."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from xaiframe.errors import Problem, RecipeError
from xaiframe.explanation import Outcome
from xaiframe.tuning.constraints import constraints_of
from xaiframe.tuning.optuna_study import Progress, Search, Try
from xaiframe.tuning.samplers import SAMPLERS, refusal
from xaiframe.tuning.space import Parameter, parameters_of
from xaiframe.tuning.trials import Direction


@dataclass(frozen=True)
class Study:
    """A search over settings (TPE: Bergstra et al. 2011; several objectives: Ozaki et al. 2022).

    trials: how many, the current configuration included.
    sampler: tpe, random, grid, gp (Gaussian process), cmaes (one objective, ranges only), nsga2
    (Deb et al. 2002), nsga3 or qmc (Sobol points).
    points: values that a grid takes from a range that has no step.
    objectives: fact name → maximize or minimize; the first is the score, the next decides among
    trials that score as well as the best (see ``trials.Found.chosen``).
    constraints: fact name → ``{at_most: …}`` or ``{at_least: …}``; a trial that breaks one is never
    chosen. tpe, gp, nsga2 and nsga3 also draw away from such trials.
    space: ``{low, high, log, step}`` or ``{choices: [...]}`` per dotted or nested key.
    """

    trials: int = 8
    sampler: Literal["tpe", "random", "grid", "gp", "cmaes", "nsga2", "nsga3", "qmc"] = "tpe"
    points: int = 5
    objectives: Mapping[str, str] = field(default_factory=dict)
    constraints: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    reference = "doi:10.1162/evco_a_00302"

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ValueError(f"trials must be at least 1, not {self.trials}")
        if self.sampler not in SAMPLERS:
            raise ValueError(f"sampler must be one of {', '.join(SAMPLERS)}, not {self.sampler!r}")
        if self.points < 2:
            raise ValueError(f"points must be at least 2, not {self.points}")
        wrong = {name: one for name, one in self.objectives.items() if one not in _directions()}
        if not self.objectives or wrong:
            raise ValueError(f"objectives map facts to maximize or minimize, not {wrong or 'none'}")
        if not parameters_of(self.space):
            raise ValueError("the search space is empty; without one, choose tuning none")
        constraints_of(self.constraints)
        refused = refusal(
            self.sampler, parameters_of(self.space), list(self.objectives), self.points
        )
        if refused:
            raise ValueError(refused)

    @property
    def parameters(self) -> list[str]:
        """Dotted keys that the search sets."""
        return [one.name for one in parameters_of(self.space)]

    def search(
        self,
        trial: Try,
        storage: Path,
        seed: int,
        start: Mapping[str, Any],
        progress: Progress | None = None,
    ) -> Outcome:
        """Search, or go on with what ``storage`` (a sqlite file) already holds.

        ``trial`` maps dotted settings to facts, among them the objectives. ``start`` is the
        current configuration: tried first, the space is widened where it does not hold it.
        Gives the same numbers whether or not it was interrupted, as far as ``trial`` does.
        Raises RecipeError for an unusable space, or when every trial failed
        or broke a constraint.
        """
        search = Search(
            self._holding(start),
            self._objectives(),
            self.trials,
            self.sampler,
            seed,
            constraints_of(self.constraints),
            self.points,
        )
        found = search.run(trial, storage, start, progress)
        if not found.complete:
            message = (
                f"all {len(found.trials)} trials failed, the first with {found.trials[0].failed}"
            )
            raise RecipeError(Problem("tuning", message))
        if not found.feasible:
            first = found.complete[0].infeasible
            message = f"none of {len(found.trials)} trials keeps the constraints; at first {first}"
            raise RecipeError(Problem("tuning.constraints", message, "a wider bound, more trials"))
        return found.outcome()

    def chosen(self, found: Outcome) -> dict[str, Any]:
        """The chosen settings of a finished (or stored) search, ready to be applied."""
        kinds = {one.name: one.kind for one in parameters_of(self.space)}
        values = {f.labels["parameter"]: f.value for f in found.facts if _is_chosen(f.name)}
        return {
            name: json.loads(value) if kinds[name] == "choice" and _is_list(value) else value
            for name, value in values.items()
        }

    def _holding(self, start: Mapping[str, Any]) -> list[Parameter]:
        return [
            one.holding(start[one.name]) if one.name in start else one
            for one in parameters_of(self.space)
        ]

    def _objectives(self) -> dict[str, Direction]:
        known = _directions()
        return {name: known[direction] for name, direction in self.objectives.items()}


def _directions() -> dict[str, Direction]:
    return {"maximize": "maximize", "minimize": "minimize"}


def _is_chosen(name: str) -> bool:
    return name == "chosen" or name.endswith(".chosen")


def _is_list(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("[")
