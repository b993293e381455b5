"""The search itself, on Optuna: seeded trial by trial, stored in sqlite, resumed after a kill."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import URL

from xaiframe.facts import Facts
from xaiframe.tuning.constraints import Constraint
from xaiframe.tuning.importance import importances
from xaiframe.tuning.samplers import Drawing, Placed
from xaiframe.tuning.space import Parameter
from xaiframe.tuning.trials import Direction, Found, Trial

Try = Callable[[Mapping[str, Any]], Facts]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Search:
    """What is searched and how. objectives: fact name → direction; seed: of every draw; points:
    levels of a grid."""

    parameters: Sequence[Parameter]
    objectives: dict[str, Direction]
    trials: int
    sampler: str
    seed: int
    constraints: Sequence[Constraint] = ()
    points: int = 5

    @property
    def name(self) -> str:
        """Changes with everything that decides a draw, so that a changed search starts afresh."""
        constraints, grid = list(self.constraints), self.points if self.sampler == "grid" else 0
        decides = [list(self.parameters), self.objectives, self.sampler, self.seed]
        digest = hashlib.sha256(repr((*decides, constraints, grid)).encode()).hexdigest()
        return f"search-{digest[:16]}"

    def run(
        self, trial: Try, storage: Path, start: Mapping[str, Any], progress: Progress | None
    ) -> Found:
        """Try until ``trials`` have finished, counting those of an earlier, killed run.

        A trial that raises is recorded as failed and the search goes on.
        """
        drawing = self._drawing(start)
        with quiet(), opened(storage) as database:
            study = optuna.create_study(
                storage=database,
                sampler=Placed(drawing, place),
                study_name=self.name,
                directions=list(self.objectives.values()),
                load_if_exists=True,
            )
            forget_interrupted(study)
            for done in range(len(finished(study)), drawing.possible):
                if progress:
                    progress(done, drawing.possible)
                self._one(study, trial)
            if progress:
                progress(drawing.possible, drawing.possible)
            return self._found(study)

    def _drawing(self, start: Mapping[str, Any]) -> Drawing:
        known = {p.name: p.encode(start[p.name]) for p in self.parameters if p.name in start}
        return Drawing(self.sampler, self.parameters, self.trials, self.seed, known, self.points)

    def _one(self, study: optuna.Study, trial: Try) -> None:
        """One more trial."""
        asked = study.ask()
        drawn = {one.name: one.decode(suggest(asked, one)) for one in self.parameters}
        began = time.monotonic()
        try:
            facts = trial(drawn)
            values, intervals = self._values(facts)
            measured = {one.fact: one.measured(facts) for one in self.constraints}
        except Exception as fault:
            asked.set_user_attr("failed", f"{type(fault).__name__}: {fault}")
            asked.set_user_attr("seconds", time.monotonic() - began)
            study.tell(asked, state=TrialState.FAIL)
        else:
            for one in self.constraints:
                asked.set_constraint(one.fact, one.excess(measured[one.fact]))
            asked.set_user_attr("measured", measured)
            asked.set_user_attr("intervals", intervals)
            asked.set_user_attr("seconds", time.monotonic() - began)
            study.tell(asked, values)

    def _values(self, facts: Facts) -> tuple[list[float], list[tuple[float, float] | None]]:
        """The objectives' values and intervals; raises ValueError where one was not measured."""
        values, intervals = [], []
        for name in self.objectives:
            fact = facts.one(name)
            if fact is None or not isinstance(fact.value, (int, float)):
                why = f": {fact.reason}" if fact is not None and fact.reason else ""
                raise ValueError(f"the objective {name} was not measured{why}")
            values.append(float(fact.value))
            intervals.append(fact.interval)
        return values, intervals

    def _found(self, study: optuna.Study) -> Found:
        raw = finished(study)
        best = {one.number for one in study.best_trials}
        trials = [
            replace(self._trial(one), number=position, pareto=one.number in best)
            for position, one in enumerate(raw)
        ]
        complete = [one for one in trials if not one.failed]
        table = importances(study, complete, self.parameters, self.objectives)
        return Found(trials, self.objectives, self.parameters, table)

    def _trial(self, one: FrozenTrial) -> Trial:
        drawn = {p.name: p.decode(one.params[p.name]) for p in self.parameters}
        told = one.user_attrs
        seconds = round(told.get("seconds", 0.0), 3)
        if one.state == TrialState.FAIL:
            return Trial(one.number, drawn, seconds=seconds, failed=told["failed"])
        ends = tuple(None if pair is None else (pair[0], pair[1]) for pair in told["intervals"])
        measured: dict[str, float] = told["measured"]
        breaches = (limit.breach(measured[limit.fact]) for limit in self.constraints)
        return Trial(
            one.number,
            drawn,
            tuple(one.values),
            ends,
            seconds,
            measured=measured,
            infeasible="; ".join(breach for breach in breaches if breach),
        )


def suggest(asked: optuna.Trial, one: Parameter) -> Any:
    """Draw one parameter."""
    if one.kind == "choice":
        return asked.suggest_categorical(one.name, one.labels)
    if one.kind == "int":
        step = int(one.step or 1)
        return asked.suggest_int(one.name, int(one.low), int(one.high), step=step, log=one.log)
    return asked.suggest_float(one.name, one.low, one.high, step=one.step, log=one.log)


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that completed, or failed by their own fault; not those that a kill cut off."""
    states = (TrialState.COMPLETE, TrialState.FAIL)
    trials = study.get_trials(deepcopy=False, states=states)
    return [one for one in trials if one.state == TrialState.COMPLETE or "failed" in one.user_attrs]


def place(study: optuna.Study) -> int:
    """The place of the next trial: how many have finished."""
    return len(finished(study))


def forget_interrupted(study: optuna.Study) -> None:
    """Close what a killed process left running; its place is drawn again."""
    for one in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(one.number, state=TrialState.FAIL)


@contextmanager
def opened(path: Path) -> Iterator[RDBStorage]:
    """The sqlite file at ``path``; closed afterwards, so that it can be copied."""
    path.parent.mkdir(parents=True, exist_ok=True)
    url = URL.create("sqlite", database=str(path))
    database = RDBStorage(url.render_as_string(hide_password=False))
    try:
        yield database
    finally:
        database.remove_session()
        database.engine.dispose()


@contextmanager
def quiet() -> Iterator[None]:
    """No log lines and no notes on experimental features; everything else is still heard."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
