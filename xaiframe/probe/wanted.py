"""The decision that a changed input should bring about, and how far an answer is from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array


@dataclass(frozen=True)
class Wanted:
    """What counts as another answer than that of one instance.

    classes
        of the outputs, empty for a quantity. into: the class that should be predicted, or None for
        any other than now.
    gap
        how far a quantity should move either way, above 0, in its own unit.
    between
        lowest and highest value that a quantity should have, in place of ``gap``; empty for none.
    """

    classes: tuple[str, ...] = ()
    into: int | None = None
    gap: float = 0.0
    between: tuple[float, ...] = ()

    @classmethod
    def of(cls, data: Data, into: str, move: float, between: Sequence[float]) -> Wanted:
        """From a method's parameters; ``move`` in standard deviations of the training targets.

        Raises NotApplicable where there is no class ``into``, where a class is asked of a quantity
        or an interval of classes, and where all training targets are alike.
        """
        if data.task == "classification":
            if len(between):
                raise NotApplicable("between is for a quantity: name a class with into")
            if into and into not in data.classes:
                known = ", ".join(data.classes)
                raise NotApplicable(f"into: no class is called {into!r}; there are {known}")
            return cls(data.classes, data.classes.index(into) if into else None)
        if into:
            raise NotApplicable("into is for classes: give a quantity's interval with between")
        gap = move * float(np.std(data.train.y.astype(np.float64)))
        if not len(between) and gap == 0:
            raise NotApplicable("all training targets are alike: say between what it should lie")
        return cls(gap=gap, between=tuple(float(one) for one in between))

    def lead(self, outputs: Array, now: Array) -> Array:
        """``(m,)`` above 0 where ``outputs`` ``(m, outputs)`` are as wanted, instead of ``now``
        ``(outputs,)``: in units of the score, the larger the surer."""
        if self.classes:
            own = int(now.argmax()) if self.into is None else self.into
            rivals = np.delete(outputs, own, axis=1).max(axis=1)
            ahead = outputs[:, own] - rivals
            return np.asarray(-ahead if self.into is None else ahead)
        values = outputs[:, 0]
        if self.between:
            return np.minimum(values - self.between[0], self.between[1] - values)
        return np.abs(values - now[0]) - self.gap

    def reach(self, now: Array) -> tuple[float, float]:
        """The values that a quantity should come up to, or come down to: those it should lie
        between, or either of those that are far enough from ``now`` ``(1,)``."""
        if self.between:
            return self.between[0], self.between[1]
        return float(now[0]) + self.gap, float(now[0]) - self.gap

    def already(self, now: Array) -> bool:
        """Whether the answer is as wanted before anything has changed."""
        return bool(self.lead(now[None], now)[0] > 0)

    def fits(self, y: Array, after: Array, now: Array) -> Array:
        """``(m,)`` bool: training targets ``y`` ``(m,)`` that are what is answered ``after``
        ``(outputs,)`` the change; of a quantity, that are as wanted."""
        if self.classes:
            return np.asarray(y == int(after.argmax()))
        return self.lead(y.astype(np.float64)[:, None], now) > 0

    def named(self, outputs: Array) -> str:
        """The class that is predicted; empty for a quantity."""
        return self.classes[int(outputs.argmax())] if self.classes else ""

    @property
    def said(self) -> str:
        """What is wanted, in words."""
        if self.classes:
            return "another class" if self.into is None else self.classes[self.into]
        if self.between:
            return f"between {self.between[0]:g} and {self.between[1]:g}"
        return f"at least {self.gap:.3g} more or less"


def check(move: float, between: Sequence[float]) -> None:
    """Raises ValueError for parameters that no data would fit."""
    if move <= 0:
        raise ValueError(f"move must be above 0, not {move}")
    if len(between) not in (0, 2) or (len(between) == 2 and between[0] >= between[1]):
        raise ValueError(f"between must be a lower and a higher number, not {list(between)}")
