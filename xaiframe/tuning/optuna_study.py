"""The search itself, on Optuna: seeded trial by trial, stored, resumed after a kill."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from xaiframe.errors import Problem, RecipeError
from xaiframe.facts import Facts
from xaiframe.tuning.constraints import Constraint
from xaiframe.tuning.judging import Judge
from xaiframe.tuning.limits import Limits
from xaiframe.tuning.places import TOLD, claim, close, finished, standing
from xaiframe.tuning.samplers import Drawing, Placed
from xaiframe.tuning.space import Parameter
from xaiframe.tuning.storage import Place
from xaiframe.tuning.trials import Direction
from xaiframe.tuning.watch import Pruned, Watch

Try = Callable[[Mapping[str, Any], Watch], Facts]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Search:
    """What is searched and how.

    objectives: fact name → direction; limits: when it ends; seed: of every draw; points: levels of
    a grid; pruner: a choice of the group of that name, None to stop no trial; epochs: the most that
    a trial's fit takes; identity: what decides the facts of a trial beside its parameters; start:
    the current configuration; workers: that search at the same time.
    """

    parameters: Sequence[Parameter]
    objectives: Mapping[str, Direction]
    limits: Limits
    sampler: str
    seed: int
    constraints: Sequence[Constraint] = ()
    points: int = 5
    pruner: Any = None
    epochs: int = 0
    identity: str = ""
    start: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1

    @property
    def name(self) -> str:
        """Changes with everything that decides a draw or a fact, so that a changed search starts
        afresh."""
        constraints, grid = list(self.constraints), self.points if self.sampler == "grid" else 0
        decides = [list(self.parameters), dict(self.objectives), self.sampler, self.seed]
        further = [self.pruner, self.epochs if self.pruner else 0, self.identity]
        digest = hashlib.sha256(repr((*decides, constraints, grid, *further)).encode()).hexdigest()
        return f"search-{digest[:16]}"

    @property
    def drawing(self) -> Drawing:
        start = {
            p.name: p.encode(self.start[p.name]) for p in self.parameters if p.name in self.start
        }
        return Drawing(
            self.sampler, self.parameters, self.limits.trials, self.seed, start, self.points,
            self.workers,
        )  # fmt: skip

    def work(self, trial: Try, place: Place, progress: Progress | None = None) -> None:
        """Try until a limit is met, or others are at all that is left.

        A trial that raises is recorded as failed and the search goes on.
        """
        with quiet(), place.opened() as database:
            study, possible = self.study(database), self.drawing.possible
            judge = self._judge()
            while len(standing(study)) < possible and not self.met(study):
                if progress:
                    progress(len(finished(study)), possible)
                self._one(study, trial, judge, possible)
            if progress:
                progress(len(finished(study)), possible)

    def study(self, database: BaseStorage) -> optuna.Study:
        """The study in the storage, made where there is none."""
        return optuna.create_study(
            storage=database,
            sampler=Placed(self.drawing, claim),
            study_name=self.name,
            directions=list(self.objectives.values()),
            load_if_exists=True,
        )

    def met(self, study: optuna.Study) -> str:
        """Which bound has been met; empty while there may be another trial."""
        return self.limits.met(finished(study), self.workers)

    def _judge(self) -> Judge | None:
        if self.pruner is None:
            return None
        direction, *others = self.objectives.values()
        if others:
            name, count = type(self.pruner).__name__, len(self.objectives)
            message = f"{name} follows one objective, the search has {count}"
            raise RecipeError(Problem("pruner", message, "one objective, or pruner none"))
        return Judge(self.pruner.rule(self.epochs), direction, self.epochs, self.name)

    def _one(self, study: optuna.Study, trial: Try, judge: Judge | None, possible: int) -> None:
        """One more trial."""
        if judge:
            judge.catch_up(finished(study))
        asked = study.ask()
        place = position(study)
        if place >= possible:  # another worker has taken the last one
            study.tell(asked, state=TrialState.FAIL)
            return
        watch = Watch(next(iter(self.objectives)), _stops(asked, judge, place) if judge else None)
        told: dict[str, Any] = {"state": "FAIL", "values": None}
        began = time.monotonic()
        try:
            drawn = {one.name: one.decode(suggest(asked, one)) for one in self.parameters}
            told |= self._measured(trial(drawn, watch))
        except StorageInternalError:  # the storage's fault, not the trial's: to be tried again
            raise
        except Pruned:
            told |= {"state": "PRUNED", "pruned": watch.pruned}
        except Exception as fault:
            told["failed"] = f"{type(fault).__name__}: {fault}"
        except BaseException:  # the search itself is being stopped: this trial never was
            study.tell(asked, state=TrialState.FAIL)
            raise
        for limit in self.constraints if told["state"] == "COMPLETE" else ():
            asked.set_constraint(limit.fact, limit.excess(told["measured"][limit.fact]))
        told |= {"seconds": time.monotonic() - began, "evaluations": watch.evaluations}
        asked.set_user_attr(TOLD, told)
        close(study, asked.number, told)
        if judge:
            judge.end(TrialState[told["state"]])

    def _measured(self, facts: Facts) -> dict[str, Any]:
        """What a trial came to; raises ValueError where something asked for was not measured."""
        values, intervals = self._values(facts)
        measured = {one.fact: one.measured(facts) for one in self.constraints}
        return {
            "state": "COMPLETE",
            "values": values,
            "intervals": intervals,
            "measured": measured,
        }

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


def position(study: optuna.Study) -> int:
    """The place that the latest trial of this process was given."""
    sampler = study.sampler
    assert isinstance(sampler, Placed)
    return sampler.position


def _stops(asked: optuna.Trial, judge: Judge, place: int) -> Callable[[int, float], bool]:
    """Tell the storage every score, and the judge."""
    judge.begin(place)

    def stops(epoch: int, value: float) -> bool:
        asked.report(value, epoch)
        return judge.stops(epoch, value)

    return stops


def suggest(asked: optuna.Trial, one: Parameter) -> Any:
    """Draw one parameter."""
    if one.kind == "choice":
        return asked.suggest_categorical(one.name, one.labels)
    if one.kind == "int":
        step = int(one.step or 1)
        return asked.suggest_int(one.name, int(one.low), int(one.high), step=step, log=one.log)
    return asked.suggest_float(one.name, one.low, one.high, step=one.step, log=one.log)


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
