"""When a search is over: so many trials, minutes or evaluations, or the whole run's time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from xaiframe.tuning.places import TOLD


@dataclass(frozen=True)
class Limits:
    """Bounds of a search; the trial in progress is always finished.

    trials: how many; minutes: that the trials take, each worker's own; evaluations: rows sent
    through the model, training included; until: when the run's time is over, in seconds since the
    epoch. None and infinity set no bound.
    """

    trials: int
    minutes: float | None = None
    evaluations: int | None = None
    until: float = math.inf

    def met(self, done: Sequence[FrozenTrial], workers: int = 1) -> str:
        """Which bound the finished trials have met; empty while there may be another.

        One trial there always is. The run's time is met when what is left would not hold another
        trial and the comparison after it, as long as the longest so far.
        """
        if not done:
            return ""
        seconds = [one.user_attrs[TOLD]["seconds"] for one in done]
        asked = sum(one.user_attrs[TOLD]["evaluations"] for one in done)
        if len(done) >= self.trials:
            return "trials"
        if self.minutes is not None and sum(seconds) / workers >= 60 * self.minutes:
            return "minutes"
        if self.evaluations is not None and asked >= self.evaluations:
            return "evaluations"
        return "budget.minutes" if time.time() + 2 * max(seconds) > self.until else ""
