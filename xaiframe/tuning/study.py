"""A study of the recipe's settings: several objectives by fact name, explanation beside score."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from xaiframe.errors import RecipeError
from xaiframe.explanation import Outcome
from xaiframe.tuning.constraints import constraints_of
from xaiframe.tuning.engine import ENGINES, engine_problems, refuse_empty, searched
from xaiframe.tuning.limits import Limits
from xaiframe.tuning.optuna_study import Progress, Search, Try, quiet
from xaiframe.tuning.samplers import SAMPLERS, refusal
from xaiframe.tuning.space import Parameter, parameters_of
from xaiframe.tuning.storage import Place, storage_fault, storage_problems
from xaiframe.tuning.trials import Direction


@dataclass(frozen=True)
class Study:
    """A search over settings (TPE: Bergstra et al. 2011; several objectives: Ozaki et al. 2022).

    trials: how many, the current configuration included.
    minutes, evaluations: further bounds, None for none: minutes that the trials take (each worker's
    own), rows sent through the model, training included. The trial in progress is finished.
    sampler: tpe, random, grid, gp (Gaussian process), cmaes (one objective, ranges only), nsga2
    (Deb et al. 2002), nsga3, qmc (Sobol points) or hyperopt (one objective; through Ray).
    points: values that a grid takes from a range that has no step.
    storage: sqlite or journal, a file of the run; or the address of a database (sqlite:///file,
    postgresql://user@host/name, mysql://…), which several runs may share. A password is read from
    XAIFRAME_STORAGE_PASSWORD, never from a recipe.
    workers: processes on this machine that search at the same time, each on one thread.
    engine: what starts them, processes or ray (``pip install xaiframe[ray]``).
    objectives: fact name → maximize or minimize (null in a recipe drops one); the first is the
    score, the next decides among trials that score as well as the best (see
    ``trials.Found.chosen``).
    constraints: fact name → ``{at_most: …}`` or ``{at_least: …}``; a trial that breaks one is never
    chosen. tpe, gp, nsga2 and nsga3 also draw away from such trials.
    space: ``{low, high, log, step}`` or ``{choices: [...]}`` per dotted or nested key.
    control: whether a random search of as many trials is made as well, for the ending to be held
    against. It costs as much again at most; what tpe and gp draw at random first, it shares.
    """

    trials: int = 8
    minutes: float | None = None
    evaluations: int | None = None
    sampler: Literal[
        "tpe", "random", "grid", "gp", "cmaes", "nsga2", "nsga3", "qmc", "hyperopt"
    ] = "tpe"
    points: int = 5
    storage: str = "sqlite"
    workers: int = 1
    engine: Literal["processes", "ray"] = "processes"
    objectives: Mapping[str, str | None] = field(default_factory=dict)
    constraints: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)
    control: bool = True

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    reference = "doi:10.1162/evco_a_00302"

    def __post_init__(self) -> None:
        if not parameters_of(self.space):
            raise ValueError("the search space is empty; without one, choose tuning none")
        constraints_of(self.constraints)
        if fault := next(filter(None, self._faults()), ""):
            raise ValueError(fault)

    def _faults(self) -> Iterator[str]:
        for name, least in (("trials", 1), ("points", 2), ("workers", 1)):
            if getattr(self, name) < least:
                yield f"{name} must be at least {least}, not {getattr(self, name)}"
        for name in ("minutes", "evaluations"):
            bound = getattr(self, name)
            if bound is not None and bound <= 0:
                yield f"{name} must be above 0, or null for no bound, not {bound:g}"
        for name, known in (("sampler", SAMPLERS), ("engine", ENGINES)):
            if getattr(self, name) not in known:
                yield f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}"
        wrong = {name: one for name, one in self.objectives.items() if one not in _directions()}
        if not self.objectives or wrong:
            yield f"objectives map facts to maximize or minimize, not {wrong or 'none'}"
        yield storage_fault(self.storage)
        space, sought = parameters_of(self.space), list(self.objectives)
        yield refusal(self.sampler, space, sought, self.points, self.engine)

    def check(self) -> None:
        """Raise RecipeError where what the search needs is not here: a package, a database that
        answers, the user's word that a study may go there."""
        missing = engine_problems(self.engine, self.sampler)
        if problems := [*missing, *storage_problems(self.storage)]:
            raise RecipeError(problems)

    @property
    def parameters(self) -> list[str]:
        """Dotted keys that the search sets."""
        return [one.name for one in parameters_of(self.space)]

    def search(
        self,
        trial: Try,
        folder: Path,
        seed: int,
        start: Mapping[str, Any],
        progress: Progress | None = None,
        **given: Any,
    ) -> Outcome:
        """Search, or go on with what the storage already holds.

        ``trial`` maps dotted settings and a :class:`~xaiframe.tuning.watch.Watch` to facts, among
        them the objectives. ``folder`` holds the study's file while it runs. ``start`` is the
        current configuration: tried first, the space is widened where it does not hold it.
        ``given``: ``pruner``, ``epochs``, ``identity`` of :class:`Search`; ``until``, when the
        run's time is over.

        One worker gives the same numbers whether or not it was interrupted, as far as ``trial``
        does. With several, what a trial is drawn from depends on which others have finished by
        then: the numbers of random, grid and qmc trials stay, those of the samplers that learn do
        not, nor which trials a pruner stops. A bound in minutes depends on the machine.

        Raises RecipeError for an unusable space or storage, or when no trial was completed or kept
        the constraints.
        """
        limits = Limits(self.trials, self.minutes, self.evaluations, given.pop("until", math.inf))
        search = Search(
            self._holding(start),
            self._objectives(),
            limits,
            self.sampler,
            seed,
            constraints_of(self.constraints),
            self.points,
            start=dict(start),
            workers=self.workers,
            **given,
        )
        self.check()
        place = Place(self.storage, folder)
        result = searched(search, trial, place, self.engine, progress)
        refuse_empty(result)
        outcome = result.outcome()
        name = "study.log" if self.storage == "journal" else "study.db"
        with quiet():
            outcome.files[name] = place.content(search.name)
        return outcome

    def chosen(self, found: Outcome) -> dict[str, Any]:
        """The chosen settings of a finished (or stored) search, ready to be applied."""
        return self.read(
            {f.labels["parameter"]: f.value for f in found.facts if _is_chosen(f.name)}
        )

    def read(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of one trial from what a table or facts hold of them."""
        known = parameters_of(self.space)
        return {one.name: one.read(told[one.name]) for one in known if one.name in told}

    def _holding(self, start: Mapping[str, Any]) -> list[Parameter]:
        return [
            one.holding(start[one.name]) if one.name in start else one
            for one in parameters_of(self.space)
        ]

    def _objectives(self) -> dict[str, Direction]:
        known = _directions()
        return {name: known[str(direction)] for name, direction in self.objectives.items()}


def _directions() -> dict[str, Direction]:
    return {"maximize": "maximize", "minimize": "minimize"}


def _is_chosen(name: str) -> bool:
    return name == "chosen" or name.endswith(".chosen")
