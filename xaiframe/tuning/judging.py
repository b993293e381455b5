"""Which trials are stopped: a pruner asked about the trials before, in order of place."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState

from xaiframe.tuning.places import place_of
from xaiframe.tuning.trials import Direction


class Judge:
    """A pruner and all that it has seen.

    rule: the pruner; epochs: the most that a fit takes; name: of the search, from which Hyperband
    draws the brackets.

    The pruner is asked in a study of its own, in memory, in which trials lie at their places and
    interrupted ones never were: so that it says the same after a kill, and once for each value. A
    trial that ended early by itself counts at all later epochs with its last score, which is what
    its fit would have kept.
    """

    def __init__(self, rule: BasePruner, direction: Direction, epochs: int, name: str) -> None:
        sampler = RandomSampler(seed=0)  # draws nothing here
        self.study = optuna.create_study(
            direction=direction, pruner=rule, study_name=name, sampler=sampler
        )
        self.epochs = epochs
        self.learnt: set[int] = set()

    def catch_up(self, done: Sequence[FrozenTrial]) -> None:
        """Take in the finished trials that are not known yet, score by score."""
        for one in done:
            if place_of(one) not in self.learnt:
                self.begin(place_of(one))
                for epoch in sorted(one.intermediate_values):
                    self.stops(epoch, one.intermediate_values[epoch])
                self.end(one.state)

    def begin(self, place: int) -> None:
        """The trial at this place begins."""
        self.learnt.add(place)
        self.trial = self.study.ask()
        self.values: dict[int, float] = {}

    def stops(self, epoch: int, value: float) -> bool:
        """Whether the trial that has this score after this epoch is to stop."""
        self.values[epoch] = value
        self.trial.report(value, epoch)
        return self.trial.should_prune()

    def end(self, state: TrialState) -> None:
        """The trial has ended, in this state."""
        values = dict(self.values)
        if state == TrialState.COMPLETE and values:
            last = max(values)
            for epoch in range(last + 1, self.epochs + 1):
                self.stops(epoch, values[last])
            self.study.tell(self.trial, values[last])
        else:  # a trial that failed is no measure, one that was stopped stands at its rungs
            self.study.tell(self.trial, state=state)
