"""Successive halving in several brackets, some of which look late."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.pruners import BasePruner, HyperbandPruner

from xaiframe.pruner.checks import at_least, within


@dataclass(frozen=True)
class Hyperband:
    """Halves within brackets whose first rung stands at ``first``, ``first`` · ``factor`` …
    epochs, so that a setting that learns slowly is not always stopped too soon.

    Li et al. 2018 (JMLR 18(185)). A trial's bracket is drawn from its place in the search. There
    are as many brackets as powers of ``factor`` lie between ``first`` and ``fit.epochs``; each
    wants some trials of its own.
    """

    first: int = 3
    factor: int = 3

    prunes = True
    reference = "arXiv:1603.06560"

    def __post_init__(self) -> None:
        at_least(1, first=self.first)
        at_least(2, factor=self.factor)

    def rule(self, epochs: int) -> BasePruner:
        """The rule for fits of at most ``epochs`` epochs; ValueError where no rung is within."""
        within(self.first, epochs)
        return HyperbandPruner(self.first, epochs, self.factor)
