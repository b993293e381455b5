"""What an evaluation reads: every stored explanation of the same instances, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.kinds.curve import Curve
from xaiframe.kinds.importance import Importance
from xaiframe.model.face import Model
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.holding import Refit
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer
from xaiframe.recipe import Strategy


@dataclass(frozen=True)
class Explained:
    """One local method's attributions of all explained instances, per interpretable feature.

    values ``(n, features)``; error same shape or None; base ``(n,)`` or None;
    repeat ``(r, features)``: the first r instances explained again under another seed, or None
    when the method is not stochastic. The flags are the method's class facts; ``counterpart`` is
    the library that computes the same, empty where none does or one already did.
    """

    method: str
    direction: str
    values: Array
    error: Array | None
    base: Array | None
    repeat: Array | None
    signed: bool
    additive: bool
    own_reference: bool
    stochastic: bool = False
    counterpart: str = ""


@dataclass(frozen=True)
class Asked:
    """Instances to be attributed: x ``(n, *input_shape)``, targets, ids ``(n,)``, and ``mask`` as
    :attr:`Split.mask`. Randomness follows the ids: altered copies under the ids of their
    originals are asked with the same draws."""

    x: Array
    targets: Array
    ids: Array
    mask: Array | None = None


Reexplain = Callable[[Model, Asked, Sequence[str]], Mapping[str, Array]]
"""``(model, asked, methods)`` → method → ``(n, features)`` attributions of those instances (same
seed) under a model; a method that fails is left out."""

Engine = Literal["own", "library"]
Recompute = Callable[[str, Asked, Engine, int], Array]
"""``(method, asked, engine, seed)`` → ``(n, features)`` attributions of those instances, computed
here or by the method's counterpart; raises what the method raises."""


@dataclass(frozen=True)
class Evidence:
    """All that was stored about the explained instances (n of them).

    x ``(n, *input_shape)``, y ``(n,)`` true class or value, targets ``(n,)`` explained output,
    scores ``(n,)`` score of the target. ``local`` maps method → :class:`Explained`. ``mask`` as
    :attr:`Split.mask`.
    """

    data: Data
    model: Model
    reference: Reference
    scorer: Scorer
    ids: Array
    x: Array
    y: Array
    targets: Array
    scores: Array
    local: Mapping[str, Explained]
    importance: Mapping[str, Importance]
    curves: Mapping[str, Curve]
    strategy: Strategy
    reexplain: Reexplain
    recompute: Recompute
    seed: int
    mask: Array | None = None
    refit: Refit | None = None

    def asked(self, positions: Array) -> Asked:
        """The explained instances at these positions, to be attributed again."""
        mask = None if self.mask is None else self.mask[positions]
        return Asked(self.x[positions], self.targets[positions], self.ids[positions], mask)

    def coalitions(self, positions: Array) -> CoalitionBank:
        """A bank that asks the model about these instances."""
        one = self.asked(positions)
        return CoalitionBank(
            self.scorer, self.data, one.x, one.targets, one.ids, self.seed, one.mask
        )

    def present(self, positions: Array) -> Array:
        """``(n, features)`` bool: which features these instances have."""
        if self.there is None:
            return np.ones((len(positions), len(self.data.features)), dtype=bool)
        return np.asarray(self.there[positions])

    @cached_property
    def kept(self) -> dict[tuple[Any, ...], Any]:
        """What one measure asked the model and another asks again."""
        return {}

    @cached_property
    def there(self) -> Array | None:
        """``(n, features)`` bool: which features an instance has; None where all have all."""
        return self.data.present(self.x, self.mask)

    def by_direction(self, direction: str) -> list[Explained]:
        return [one for one in self.local.values() if one.direction == direction]

    def voices(self, direction: str, signed: bool) -> list[Explained]:
        """The methods that speak for a direction: those of the declared reference, or where there
        are none, all of it; only methods whose sign says for or against when ``signed``."""
        able = [one for one in self.by_direction(direction) if one.signed or not signed]
        return [one for one in able if not one.own_reference] or able
