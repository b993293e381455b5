"""Who does the trials: this process, several of this machine, or Ray's."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from xaiframe.errors import Problem, RecipeError
from xaiframe.tuning.optuna_study import Progress, Search, Try, quiet
from xaiframe.tuning.places import forget_interrupted
from xaiframe.tuning.reading import found
from xaiframe.tuning.storage import Place
from xaiframe.tuning.trials import Found
from xaiframe.tuning.workers import apart, sendable

ENGINES = ("processes", "ray")


def engine_problems(engine: str, sampler: str) -> Iterator[Problem]:
    """A problem per package that is needed and missing."""
    needed = {"ray": ("engine", "processes")} if engine == "ray" else {}
    needed |= {"hyperopt": ("sampler", "tpe")} if sampler == "hyperopt" else {}
    for package, (key, instead) in needed.items():
        if find_spec(package) is None:
            hint = f"pip install xaiframe[{package}], or {key}: {instead}"
            yield Problem(f"tuning.{key}", f"{package} is not installed", hint)


def searched(
    search: Search, trial: Try, place: Place, engine: str, progress: Progress | None
) -> Found:
    """What the search found, after what is missing was tried."""
    with quiet(), place.opened() as database:
        study = search.study(database)
        forget_interrupted(study)
    payload = sendable(search, trial, place) if search.workers > 1 or engine == "ray" else None
    if payload is None:
        search.work(trial, place, progress)
    elif engine == "ray":
        from xaiframe.tuning.ray_workers import apart_on_ray

        apart_on_ray(search, payload, place, progress)
    else:
        apart(search, payload, place, progress)
    with quiet(), place.opened() as database:
        return found(search, search.study(database))


def refuse_empty(result: Found) -> None:
    """Raise RecipeError where there is no trial to be chosen, with the first one's reason."""
    if not result.complete:
        first = result.trials[0].failed if result.trials else "no trial"
        message = f"all {len(result.trials)} trials failed, the first with {first}"
        raise RecipeError(Problem("tuning", message))
    if not result.feasible:
        first = result.complete[0].infeasible
        message = f"none of {len(result.trials)} trials keeps the constraints; at first {first}"
        raise RecipeError(Problem("tuning.constraints", message, "a wider bound, more trials"))
