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
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import URL

from xaiframe.facts import Facts
from xaiframe.tuning.importance import importances
from xaiframe.tuning.space import Parameter
from xaiframe.tuning.trials import Direction, Found, Trial

Try = Callable[[Mapping[str, Any]], Facts]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Search:
    """What is searched and how. objectives: fact name → direction; seed: of every draw."""

    parameters: Sequence[Parameter]
    objectives: dict[str, Direction]
    trials: int
    sampler: str
    seed: int

    @property
    def name(self) -> str:
        """Changes with everything that decides a draw, so that a changed search starts afresh."""
        decides = repr((list(self.parameters), self.objectives, self.sampler, self.seed))
        return f"search-{hashlib.sha256(decides.encode()).hexdigest()[:16]}"

    def run(
        self, trial: Try, storage: Path, start: Mapping[str, Any], progress: Progress | None
    ) -> Found:
        """Try until ``trials`` have finished, counting those of an earlier, killed run.

        A trial that raises is recorded as failed and the search goes on.
        """
        with quiet(), opened(storage) as database:
            study = optuna.create_study(
                storage=database,
                study_name=self.name,
                directions=list(self.objectives.values()),
                load_if_exists=True,
            )
            forget_interrupted(study)
            for done in range(len(finished(study)), self.trials):
                if progress:
                    progress(done, self.trials)
                self._one(study, trial, done, start)
            if progress:
                progress(self.trials, self.trials)
            return self._found(study)

    def _one(self, study: optuna.Study, trial: Try, done: int, start: Mapping[str, Any]) -> None:
        """One more trial; the first is the current configuration."""
        study.sampler = self._sampler(done)
        if done == 0 and not study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            known = [one for one in self.parameters if one.name in start]
            study.enqueue_trial({one.name: one.encode(start[one.name]) for one in known})
        asked = study.ask()
        drawn = {one.name: one.decode(suggest(asked, one)) for one in self.parameters}
        began = time.monotonic()
        try:
            values, intervals = self._values(trial(drawn))
        except Exception as fault:
            asked.set_user_attr("failed", f"{type(fault).__name__}: {fault}")
            asked.set_user_attr("seconds", time.monotonic() - began)
            study.tell(asked, state=TrialState.FAIL)
        else:
            asked.set_user_attr("intervals", intervals)
            asked.set_user_attr("seconds", time.monotonic() - began)
            study.tell(asked, values)

    def _sampler(self, done: int) -> BaseSampler:
        """A fresh sampler per trial, seeded by its place: a resumed search draws the same.

        Half of the trials (at most ten) are random before TPE has something to learn from.
        """
        state = hashlib.sha256(f"{self.seed}:{done}".encode()).digest()
        seed = int.from_bytes(state[:4], "big")
        if self.sampler == "random":
            return RandomSampler(seed=seed)
        return TPESampler(seed=seed, n_startup_trials=min(10, max(2, self.trials // 2)))

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
        return Trial(one.number, drawn, tuple(one.values), ends, seconds)


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
