"""A study of the recipe's settings: several objectives by fact name, explanation beside score."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from xaiframe.errors import Problem, RecipeError
from xaiframe.explanation import Outcome
from xaiframe.tuning.optuna_study import Progress, Search, Try
from xaiframe.tuning.space import Parameter, parameters_of
from xaiframe.tuning.trials import Direction


@dataclass(frozen=True)
class Study:
    """A search over settings (TPE: Bergstra et al. 2011; several objectives: Ozaki et al. 2022).

    trials: how many, the current configuration included. sampler: tpe or random.
    objectives: fact name → maximize or minimize; the first is the score, the next decides among
    trials that score as well as the best (see ``trials.Found.chosen``).
    space: ``{low, high, log, step}`` or ``{choices: [...]}`` per dotted or nested key.
    """

    trials: int = 8
    sampler: Literal["tpe", "random"] = "tpe"
    objectives: Mapping[str, str] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    reference = "doi:10.1162/evco_a_00302"

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ValueError(f"trials must be at least 1, not {self.trials}")
        if self.sampler not in ("tpe", "random"):
            raise ValueError(f"sampler must be tpe or random, not {self.sampler!r}")
        wrong = {name: one for name, one in self.objectives.items() if one not in _directions()}
        if not self.objectives or wrong:
            raise ValueError(f"objectives map facts to maximize or minimize, not {wrong or 'none'}")
        if not parameters_of(self.space):
            raise ValueError("the search space is empty; without one, choose tuning none")

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
        Raises RecipeError for an unusable space, or when every trial failed.
        """
        search = Search(self._holding(start), self._objectives(), self.trials, self.sampler, seed)
        found = search.run(trial, storage, start, progress)
        if not found.complete:
            message = (
                f"all {len(found.trials)} trials failed, the first with {found.trials[0].failed}"
            )
            raise RecipeError(Problem("tuning", message))
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
