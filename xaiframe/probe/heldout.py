"""Rows of the test split that were neither learnt from nor searched in, and their answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data
from xaiframe.data.spread import evenly
from xaiframe.explanation import Array
from xaiframe.probe.score import Scorer


@dataclass(frozen=True)
class HeldOut:
    """At most so many test rows, evenly spread: ``x`` ``(m, *input_shape)`` and what the model
    answers to them, ``(m, outputs)`` float64 scores."""

    x: Array
    outputs: Array

    @classmethod
    def of(cls, scorer: Scorer, data: Data, most: int) -> HeldOut:
        """The sample; the model is asked about it once for all batches of one scorer."""
        key = ("held out", most)
        if key not in scorer.kept:
            rows = data.test.x[evenly(len(data.test), most)]
            scorer.kept[key] = cls(rows, scorer.outputs(rows))
        found: HeldOut = scorer.kept[key]
        return found

    def others(self, x: Array) -> Array:
        """``(m,)`` bool: which rows are not ``x`` ``input_shape`` itself."""
        flat = self.x.reshape(len(self.x), -1)
        return np.asarray((flat != x.reshape(-1)).any(axis=1))
