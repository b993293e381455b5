"""Hyperopt's tree-structured Parzen estimators, as Ray Tune offers them (Bergstra et al. 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

from optuna import Study
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from xaiframe.tuning.designs import Fixed
from xaiframe.tuning.places import place_of, standing
from xaiframe.tuning.space import Parameter

VALUE = "value"


class Hyperopt(Fixed):
    """At random (``chance``) until ``first`` trials have finished, then by Hyperopt.

    The searcher is made anew for each trial, seeded by ``seed``, and told all trials before: so
    that a search that is killed and resumed draws the same. Trials that failed, were stopped or
    that others are still at count as bad.
    """

    def __init__(
        self, parameters: Sequence[Parameter], seed: int, first: int, chance: BaseSampler
    ) -> None:
        super().__init__({}, chance)
        self.free = [one for one in parameters if _varies(one)]
        self.seed, self.first = seed, first

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:  # noqa: ARG002
        names = {one.name for one in self.free}
        known = [one for one in standing(study) if names <= set(one.params)]
        if names and sum(one.state.is_finished() for one in known) >= self.first:
            self.point = self.drawn(sorted(known, key=place_of), study.direction.name)

    def drawn(self, known: Sequence[FrozenTrial], direction: str) -> dict[str, Any]:
        """The next point, encoded, after the trials that are ``known``, the oldest first.

        direction: MAXIMIZE or MINIMIZE.
        """
        from ray.tune.search.hyperopt import HyperOptSearch

        newest_first = list(reversed(known))  # as Ray counts; what came last weighs most
        searcher = HyperOptSearch(
            {one.name: _dimension(one) for one in self.free},
            metric=VALUE,
            mode=direction[:3].lower(),
            points_to_evaluate=[
                {one.name: _told(one, trial.params[one.name]) for one in self.free}
                for trial in newest_first
            ],
            n_initial_points=1,
            random_state_seed=self.seed,
        )
        for trial in newest_first:
            searcher.suggest(str(trial.number))
            if trial.state == TrialState.COMPLETE:
                searcher.on_trial_complete(str(trial.number), {VALUE: trial.value})
        found = searcher.suggest("next")
        return {one.name: _heard(one, found[one.name]) for one in self.free}


def _varies(one: Parameter) -> bool:
    return len(one.choices) > 1 if one.kind == "choice" else len(one.levels(2)) > 1


def _stepped(one: Parameter) -> bool:
    return bool(one.step) or (one.kind == "int" and not one.log)


def _dimension(one: Parameter) -> Any:
    """One parameter as Hyperopt has it: whole numbers and steps counted from the low end."""
    from hyperopt import hp

    if one.kind == "choice":
        return hp.choice(one.name, one.labels)
    if _stepped(one):
        return hp.quniform(one.name, -0.5, _steps(one) + 0.5, 1)  # both ends as likely as any
    if one.log and one.kind == "int":
        return hp.qloguniform(one.name, log(one.low - 0.5), log(one.high + 0.5), 1)
    if one.log:
        return hp.loguniform(one.name, log(one.low), log(one.high))
    return hp.uniform(one.name, one.low, one.high)


def _told(one: Parameter, value: Any) -> Any:
    return round((value - one.low) / (one.step or 1)) if _stepped(one) else value


def _heard(one: Parameter, value: Any) -> Any:
    if one.kind == "choice":
        return value
    if _stepped(one):
        value = one.low + (one.step or 1) * min(max(round(value), 0), _steps(one))
    value = min(max(float(value), one.low), one.high)
    return round(value) if one.kind == "int" else value


def _steps(one: Parameter) -> int:
    return int((one.high - one.low) / (one.step or 1) + 1e-9)
