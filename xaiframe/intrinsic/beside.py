"""What transparent models share: the rows they learn from, and the audited model beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.probe.likeness import compared
from xaiframe.probe.score import Population
from xaiframe.probe.sheet import Sheet


@dataclass(frozen=True)
class Lesson:
    """The splits as a person reads them, and their true targets.

    balanced: whether every class weighs the same.
    """

    data: Data
    balanced: bool = False

    def __post_init__(self) -> None:
        if self.data.task == "classification" and len(np.unique(self.data.train.y)) < 2:
            raise NotApplicable(
                "the training rows have one class only: there is none to tell apart"
            )

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet(self.data)

    @cached_property
    def train(self) -> Array:
        """``(n, columns)``"""
        return self.sheet(self.data.train.x)

    @cached_property
    def validation(self) -> Array:
        """``(n, columns)``, the training rows where no others were kept aside."""
        return self.sheet(self._judged.x)

    @property
    def judged(self) -> Array:
        """``(n,)`` the true targets of :attr:`validation`."""
        return self._judged.y

    @property
    def _judged(self) -> Split:
        return self.data.validation if len(self.data.validation) else self.data.train

    @property
    def weight(self) -> Array | None:
        """``(n,)`` of the training rows."""
        if not self.balanced:
            return None
        _, own, counts = np.unique(self.data.train.y, return_inverse=True, return_counts=True)
        return np.asarray((len(own) / len(counts) / counts)[own])

    @property
    def outputs(self) -> tuple[str, ...]:
        """The classes that occur in training, or the target."""
        if self.data.task == "regression":
            return (self.data.target,)
        return tuple(self.data.classes[int(one)] for one in np.unique(self.data.train.y))


def comparison(population: Population, answers: Array) -> pd.DataFrame:
    """A transparent model's ``answers`` ``(n,)`` to the whole test split beside the audited
    model's, as :class:`xaiframe.kinds.transparent.Transparent` stores them."""
    data = population.data
    outputs = population.scorer.outputs(data.test.x)
    classes = data.task == "classification"
    audited = outputs.argmax(axis=1) if classes else outputs[:, 0]
    found = compared(data.test.y, audited, answers, data.task, population.seed)
    unit = "balanced accuracy" if classes else "R²"
    units = {"agreement": "share of rows" if classes else "correlation"}
    return pd.DataFrame(
        [
            {"quantity": name, "value": one.value, "low": one.low, "high": one.high,
             "unit": units.get(name, unit)}
            for name, one in found.items()
        ]
    )  # fmt: skip
