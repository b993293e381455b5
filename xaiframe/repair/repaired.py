"""What a repair gives back: the training split as the fit will see it, and what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pandas as pd
from torch import Tensor, nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact

Loss = Callable[[Tensor, Tensor], Tensor]
"""Outputs of the network and targets to one number."""


class Attack(Protocol):
    """Rows of a batch made harder while the network is fitted."""

    def __call__(self, network: nn.Module, x: Tensor, y: Tensor, loss: Loss) -> Tensor:
        """``x`` ``(n, *input_shape)`` with some rows replaced."""


class Penalty(Protocol):
    """What a fit pays beside its loss."""

    def __call__(self, network: nn.Module, x: Tensor) -> Tensor:
        """One number for a batch ``x`` ``(n, *input_shape)``, with a gradient for the weights."""


class Noise(Protocol):
    """How labels came to differ from the true classes.

    start: the share of wrong labels in the first ``hold`` epochs; later it is :meth:`share` of the
    validation rows.
    """

    @property
    def start(self) -> float: ...

    @property
    def hold(self) -> int: ...

    def left(self, share: float) -> float:
        """What is wrong among the rows that are learnt from, where ``share`` of all labels is."""

    def __call__(self, outputs: Tensor, share: float) -> Tensor:
        """``(n, classes)`` log-probabilities of the labels as given, from logits of the truth."""

    def share(self, probability: Array, y: Array) -> float:
        """The likeliest share for given labels ``y`` ``(n,)`` and ``(n, classes)`` answers."""


@dataclass(frozen=True)
class Conduct:
    """What repairs ask of the fit beyond its rows: an attack on every batch, layers before the
    network's own scaling, penalties beside the loss, and that it reckons with wrong labels."""

    attack: Attack | None = None
    preparations: tuple[nn.Module, ...] = ()
    penalties: tuple[Penalty, ...] = ()
    wrong: Noise | None = None

    def then(self, later: Conduct) -> Conduct:
        """Both; of two attacks, or two ways to be wrong, the later."""
        return Conduct(
            later.attack or self.attack,
            (*self.preparations, *later.preparations),
            (*self.penalties, *later.penalties),
            later.wrong or self.wrong,
        )


PLAIN = Conduct()


@dataclass(frozen=True)
class Repaired:
    """train: the split that the fit sees; facts, tables: what the repair says of itself beside
    what anyone can see by comparing the splits."""

    train: Split
    facts: list[Fact] = field(default_factory=list)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    conduct: Conduct = PLAIN


def weighted(train: Split, factor: Array) -> Split:
    """The split with each row's weight multiplied by ``factor`` ``(n,)``, then scaled to mean 1.

    Raises NotApplicable where no weight is left.
    """
    weight = np.asarray(factor, dtype=np.float64)
    if train.weight is not None:
        weight = weight * train.weight
    if not len(weight) or not np.isfinite(weight).all() or weight.sum() <= 0:
        raise NotApplicable("no training row would be left with a weight")
    return replace(train, weight=(weight / weight.mean()).astype(np.float32))


def effective(weight: Array) -> float:
    """Kish's effective number of rows, (Σw)² ÷ Σw² (1965): n for equal weights."""
    weight = np.asarray(weight, dtype=np.float64)
    return float(weight.sum() ** 2 / (weight**2).sum())


def fresh_ids(data: Data, train: Split, count: int) -> Array:
    """``(count,)`` ids that no row of the data has, nor any that an earlier repair added."""
    used = [split.ids for split in (*data.splits.values(), train) if len(split)]
    return np.arange(count, dtype=np.int64) + max(int(ids.max()) for ids in used) + 1


def joined(first: Split, second: Split) -> Split:
    """The rows of both, those of ``second`` behind; it has whatever ``first`` has."""
    return Split(
        np.concatenate([first.ids, second.ids]),
        np.concatenate([first.x, second.x]),
        np.concatenate([first.y, second.y]),
        pd.concat([first.frame, second.frame], ignore_index=True),
        None if first.aside is None else pd.concat([first.aside, second.aside], ignore_index=True),
        both(first.original, second.original),
        both(first.mask, second.mask),
        both(first.weight, second.weight),
        both(first.draw, second.draw),
    )


def both(first: Array | None, second: Array | None) -> Array | None:
    """One array behind the other; None where there is none."""
    return None if first is None or second is None else np.concatenate([first, second])
