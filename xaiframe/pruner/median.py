"""Stop a trial that lies below the median of the others at the same epoch."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.pruners import BasePruner, MedianPruner

from xaiframe.pruner.checks import at_least


@dataclass(frozen=True)
class Median:
    """Stops a trial whose best score so far is below the median of the scores that the trials
    trained to their end had at that epoch (the median stopping rule, Golovin et al. 2017).

    startup: trials that finish before any is stopped; warmup: epochs that every trial gets;
    every: epochs from one look to the next.
    """

    startup: int = 4
    warmup: int = 5
    every: int = 1

    prunes = True
    reference = "doi:10.1145/3097983.3098043"

    def __post_init__(self) -> None:
        at_least(1, startup=self.startup, every=self.every)
        at_least(0, warmup=self.warmup)

    def rule(self, epochs: int) -> BasePruner:  # noqa: ARG002
        """The rule for fits of at most ``epochs`` epochs."""
        return MedianPruner(self.startup, self.warmup, self.every)
