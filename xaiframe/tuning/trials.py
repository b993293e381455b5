"""What a search found: the chosen trial, the tables and the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Better, Fact, source
from xaiframe.tuning.space import Parameter

Direction = Literal["maximize", "minimize"]
BETTER: dict[str, Better] = {"maximize": "higher", "minimize": "lower"}
Z = 1.959964


@dataclass(frozen=True)
class Trial:
    """One finished trial. values, intervals: one per objective, empty when the trial failed or was
    stopped.

    evaluations: rows sent through the model; pruned: the epoch after which it was stopped, 0 where
    it was not; measured: what each constraint bounds; infeasible: which are broken, in words.
    """

    number: int
    parameters: Mapping[str, Any]
    values: tuple[float, ...] = ()
    intervals: tuple[tuple[float, float] | None, ...] = ()
    seconds: float = 0.0
    failed: str = ""
    pareto: bool = False
    measured: Mapping[str, float] = field(default_factory=dict)
    infeasible: str = ""
    evaluations: int = 0
    pruned: int = 0


@dataclass(frozen=True)
class Found:
    """A finished search over ``objectives`` (fact → direction); importance as a table.

    stopped_by: the bound that ended it, of ``asked`` trials that there might have been; pruner: its
    class, empty where none watched; workers: that searched at the same time.
    """

    trials: Sequence[Trial]
    objectives: Mapping[str, Direction]
    parameters: Sequence[Parameter]
    importance: pd.DataFrame = field(default_factory=pd.DataFrame)
    stopped_by: str = "trials"
    asked: int = 0
    pruner: str = ""
    workers: int = 1

    @property
    def complete(self) -> list[Trial]:
        """Trials that were trained to their end and measured."""
        return [trial for trial in self.trials if not trial.failed and not trial.pruned]

    @property
    def feasible(self) -> list[Trial]:
        """Trials that completed and keep every constraint."""
        return [trial for trial in self.complete if not trial.infeasible]

    def best(self, position: int) -> Trial:
        """The feasible trial that is best in one objective; the earliest among equals."""
        sign = _sign(list(self.objectives.values())[position])
        return max(self.feasible, key=lambda trial: sign * trial.values[position])

    def chosen(self) -> Trial:
        """The trial to adopt: what explains best among those that score as well as the best.

        Of the Pareto-optimal trials whose first objective lies within one standard error of the
        best (the one-standard-error rule, Breiman et al. 1984, from the best's own interval), the
        one that is best in the next objective; then the one after, then the earliest.
        """
        directions = list(self.objectives.values())
        best = self.best(0)
        signs = [_sign(direction) for direction in directions]
        least = signs[0] * best.values[0] - standard_error(best.intervals[0])
        equals = [t for t in self.feasible if t.pareto and signs[0] * t.values[0] >= least]
        order = [*range(1, len(signs)), 0]
        return max(equals, key=lambda t: [*(signs[i] * t.values[i] for i in order), -t.number])

    def outcome(self) -> Outcome:
        """Facts and the tables trials, importance and space."""
        tables = {"trials": self._trials(), "importance": self.importance, "space": self._space()}
        return Outcome(facts=self._facts(), tables=tables)

    def _trials(self) -> pd.DataFrame:
        chosen = self.chosen().number
        rows = []
        for trial in self.trials:
            values = trial.values or (None,) * len(self.objectives)
            rows.append(
                {
                    "number": trial.number,
                    "state": state(trial),
                    **self._told(trial),
                    **{name: trial.measured.get(name) for name in self._bounded},
                    **dict(zip(self.objectives, values, strict=True)),
                    "seconds": trial.seconds,
                    "evaluations": trial.evaluations,
                    "chosen": trial.number == chosen,
                    "pareto": trial.pareto,
                    "reason": reason(trial),
                }
            )
        return pd.DataFrame(rows)

    def _told(self, trial: Trial) -> dict[str, Any]:
        """Its settings as tables and facts hold them."""
        own = trial.parameters
        return {one.name: one.told(own[one.name]) for one in self.parameters if one.name in own}

    @property
    def _bounded(self) -> list[str]:
        """The facts that constraints bound."""
        return list(self.complete[0].measured)

    def _space(self) -> pd.DataFrame:
        return pd.DataFrame(
            [
                {
                    "parameter": one.name,
                    "kind": one.kind,
                    "low": None if one.choices else float(one.low),
                    "high": None if one.choices else float(one.high),
                    "choices": ", ".join(one.labels),
                    "log": one.log,
                }
                for one in self.parameters
            ]
        )

    def _facts(self) -> list[Fact]:
        optuna, chosen, n = source("optuna"), self.chosen(), len(self.trials)
        seconds = round(sum(trial.seconds for trial in self.trials), 3)
        failed = sum(bool(trial.failed) for trial in self.trials)
        facts = [
            Fact("trials", n, "trials", n=n, source=optuna),
            Fact("failed", failed, "trials", n=n, better="lower", source=optuna),
            Fact("pareto", sum(t.pareto for t in self.trials), "trials", n=n, source=optuna),
            Fact("seconds", seconds, "s", n=n, better="lower"),
            Fact("evaluations", sum(t.evaluations for t in self.trials), "rows", n=n),
            Fact("stopped_by", self.stopped_by, n=n, reason=self._stopped()),
            Fact("workers", self.workers, "processes"),
            Fact("chosen_trial", chosen.number, n=n, reason=self._why(), source=optuna),
        ]
        if self.pruner:
            pruned = sum(bool(trial.pruned) for trial in self.trials)
            facts.append(Fact("pruned", pruned, "trials", n=n, reason=self.pruner, source=optuna))
        if self._bounded:
            out = len(self.complete) - len(self.feasible)
            facts.append(Fact("infeasible", out, "trials", n=len(self.complete), source=optuna))
        for name in self._bounded:
            labels = {"constraint": name}
            facts.append(Fact("bounded", chosen.measured[name], labels=labels, source=optuna))
        for position, objective in enumerate(self.objectives):
            facts += [
                self._value("best", self.best(position), position, objective),
                self._value("reached", chosen, position, objective),
            ]
            if self.trials[0].values:
                facts.append(self._value("start", self.trials[0], position, objective))
        for name, value in self._told(chosen).items():
            facts.append(Fact("chosen", value, labels={"parameter": name}, source=optuna))
        return facts

    def _value(self, quantity: str, trial: Trial, position: int, objective: str) -> Fact:
        return Fact(
            quantity,
            trial.values[position],
            labels={"objective": objective},
            interval=trial.intervals[position],
            n=len(self.complete),
            better=BETTER[self.objectives[objective]],
            source=source("optuna"),
        )

    def _stopped(self) -> str:
        """What there might have been, where a bound other than the trials ended the search."""
        if self.stopped_by == "trials":
            return ""
        return f"{len(self.trials)} of {max(self.asked, len(self.trials))} trials"

    def _why(self) -> str:
        names = list(self.objectives)
        if len(names) == 1:
            return f"best in {names[0]}"
        within = f"within one standard error of the best {names[0]}"
        return f"Pareto-optimal and {within}; among those the best in {names[1]}"


def state(trial: Trial) -> str:
    """complete, infeasible, pruned or failed."""
    if trial.failed:
        return "failed"
    return "pruned" if trial.pruned else "infeasible" if trial.infeasible else "complete"


def reason(trial: Trial) -> str:
    """Why a trial may not be chosen, in words; empty where it may."""
    stopped = f"stopped after epoch {trial.pruned}" if trial.pruned else ""
    return trial.failed or stopped or trial.infeasible


def standard_error(interval: tuple[float, float] | None) -> float:
    """Half the width of a 95 % interval in normal standard errors; 0 without an interval."""
    return 0.0 if interval is None else (interval[1] - interval[0]) / (2 * Z)


def _sign(direction: str) -> float:
    return 1.0 if direction == "maximize" else -1.0
