"""What a running trial tells the search: its score after every epoch, and what it has asked."""

from __future__ import annotations

from collections.abc import Callable

Stops = Callable[[int, float], bool]
"""Told an epoch, from 1, and the score after it: whether the trial is to stop there."""


class Pruned(Exception):
    """A trial that was stopped: what it would have become is not known."""


class Watch:
    """Handed to every trial.

    evaluations: rows sent through the model so far, added up by the trial; pruned: the epoch after
    which it was told to stop, 0 while it goes on.
    """

    def __init__(self, metric: str = "", stops: Stops | None = None) -> None:
        self.metric = metric
        self.stops = stops
        self.evaluations = 0
        self.pruned = 0

    @property
    def wanted(self) -> str:
        """The fact whose value is to be told after every epoch; empty where none is."""
        return self.metric if self.stops else ""

    def epoch(self, number: int, value: float) -> bool:
        """Take in the score after an epoch; True where the trial is to stop."""
        if self.stops is not None and not self.pruned and self.stops(number, value):
            self.pruned = number
        return bool(self.pruned)
