"""Train on only the best part of the trials, from one rung of epochs to the next."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.pruners import BasePruner, SuccessiveHalvingPruner

from xaiframe.pruner.checks import at_least, within


@dataclass(frozen=True)
class SuccessiveHalving:
    """Lets the best one in ``factor`` of the trials that reached a rung go on to the next.

    Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934): the rungs stand at
    ``first``, ``first`` · ``factor``, ``first`` · ``factor``² … epochs, and who comes early is
    held against few.
    """

    first: int = 3
    factor: int = 3

    prunes = True
    reference = "arXiv:1810.05934"

    def __post_init__(self) -> None:
        at_least(1, first=self.first)
        at_least(2, factor=self.factor)

    def rule(self, epochs: int) -> BasePruner:
        """The rule for fits of at most ``epochs`` epochs; ValueError where no rung is within."""
        within(self.first, epochs)
        return SuccessiveHalvingPruner(min_resource=self.first, reduction_factor=self.factor)
