"""One face for every corruption: what happens to inputs by itself, at three severities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array

SEVERITIES = ("small", "medium", "large")


@dataclass(frozen=True)
class Corruption:
    """A change that inputs suffer without anybody wishing it.

    apply
        data, rows, amount, random → ``(n, *input_shape)`` float32, of which nothing is ``rows.x``.
    amounts, unit
        of each severity, and what they count; least: what an amount of 0 stands for.
    mild
        whether a person would answer the same at the small severity, since nothing is lost: only
        then is a changed prediction held against the model.
    """

    name: str
    apply: Callable[[Data, Split, float, np.random.Generator], Array]
    amounts: tuple[float, float, float]
    unit: str
    mild: bool
    least: str = ""

    def said(self, amount: float) -> str:
        """How much, in words."""
        return f"{amount:g} {self.unit}" if amount else self.least
