"""Many runs of one recipe: Hydra's sweeps, one job after another or side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.types import Override as Parsed
from hydra.errors import HydraException

from xaiframe.catalogue.reader import read
from xaiframe.composition.grammar import grammar, parse
from xaiframe.composition.launch import folders, launch, set_launcher
from xaiframe.composition.overrides import LAUNCHING, sort
from xaiframe.errors import AuditError, Problem, RecipeError


def wants_multirun(path: Path, overrides: Sequence[str] = ()) -> bool:
    """Whether recipe or overrides say ``hydra.mode: MULTIRUN``."""
    asked = sort([parse(text) for text in overrides if _is_launching(text)])
    mode = asked.launching.get("hydra.mode")
    return launch(read(path)).multirun if mode is None else mode.value == "MULTIRUN"


def multirun(path: Path, overrides: Sequence[str], run: Callable[[list[str]], int]) -> int:
    """Call ``run`` with the overrides of every job of the sweep; returns the worst exit code.

    Sweeps are Hydra's: ``a=1,2``, ``choice``, ``range``, ``glob``, and ``hydra.sweeper.params``.
    A recipe fault in one job does not keep the others from running; all are raised at the end.
    """
    launcher, jobs = sweep(path, overrides)
    attempts = _launched(launcher, run, jobs)
    problems = [one for attempt in attempts if not isinstance(attempt, int) for one in attempt]
    if problems:
        raise RecipeError(dict.fromkeys(problems))
    return max((one for one in attempts if isinstance(one, int)), default=0)


def sweep(path: Path, overrides: Sequence[str]) -> tuple[str, list[list[str]]]:
    """The launcher, and the overrides of each job."""
    document = read(path)
    launched = launch(document)
    asked = sort([parse(text) for text in overrides if _is_launching(text)])
    if "hydra.launcher" in asked.launching:
        pick = asked.launching["hydra.launcher"]
        set_launcher(launched, pick.value, pick.place)
    given = [f"{key}={value}" for key, value in launched.params.items()]
    given += [text for text in overrides if not _is_launching(text)]
    parsed = [grammar(text, folders(path, launched)) for text in given]
    problems = [*launched.problems, *asked.problems]
    problems += [one for one in parsed if isinstance(one, Problem)]
    if problems:
        raise RecipeError(problems)
    sound = [one for one in parsed if isinstance(one, Parsed)]
    try:
        return launched.launcher, BasicSweeper.split_arguments(sound, None)[0]
    except HydraException as error:
        raise RecipeError(Problem(document.name, str(error).splitlines()[0])) from None


def _is_launching(text: str) -> bool:
    return text.partition("=")[0].lstrip("+") in LAUNCHING


def _launched(
    launcher: str, run: Callable[[list[str]], int], jobs: Sequence[list[str]]
) -> list[int | tuple[Problem, ...]]:
    if launcher == "basic":
        return [_attempt(run, job) for job in jobs]
    try:
        from joblib import Parallel, delayed
    except ImportError:
        hint = "pip install joblib, or launcher: basic"
        raise RecipeError(Problem("hydra.launcher", "joblib is not installed", hint)) from None
    return list(Parallel(n_jobs=-1)(delayed(_attempt)(run, job) for job in jobs))


def _attempt(run: Callable[[list[str]], int], job: list[str]) -> int | tuple[Problem, ...]:
    try:
        return run(job)
    except AuditError as error:
        return error.problems
