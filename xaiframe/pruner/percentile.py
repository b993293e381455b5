"""Stop a trial that lies below a percentile of the others at the same epoch."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.pruners import BasePruner, PercentilePruner

from xaiframe.pruner.checks import at_least


@dataclass(frozen=True)
class Percentile:
    """Stops a trial whose best score so far is not among the best ``keep`` per cent of the trials
    that were trained to their end, at that epoch.

    keep: per cent, above 0 and below 100; startup: trials that finish before any is stopped;
    warmup: epochs that every trial gets; every: epochs from one look to the next.
    """

    keep: float = 25.0
    startup: int = 4
    warmup: int = 5
    every: int = 1

    prunes = True
    reference = "doi:10.1145/3097983.3098043"

    def __post_init__(self) -> None:
        if not 0 < self.keep < 100:
            raise ValueError(f"keep is a percentage above 0 and below 100, not {self.keep:g}")
        at_least(1, startup=self.startup, every=self.every)
        at_least(0, warmup=self.warmup)

    def rule(self, epochs: int) -> BasePruner:  # noqa: ARG002
        """The rule for fits of at most ``epochs`` epochs."""
        return PercentilePruner(self.keep, self.startup, self.warmup, self.every)
