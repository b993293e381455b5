"""Decisions that were recorded, standing in for a model that cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.face import BlackBox
from xaiframe.model.outputs import both_sides, plain_name
from xaiframe.model.sklearn_pipeline import frame_of


@dataclass(frozen=True)
class Recorded:
    """The decision that a column of the data holds, taken for the model's answer.

    column: a feature of the data: a score, or the class that was decided.
    threshold: scores from here on stand for the second of two classes; null: the column holds
    the class itself, or for regression the predicted value.

    Where only a score was kept, nobody can ask what another person would have got. What can be
    audited is what the decisions did: error rates, and rates by group. So the column is the one
    feature this model reads, and an explanation can but name it; the answers are 0 and 1, since a
    decile is no probability.
    """

    column: str
    threshold: float | None = None

    modalities = ("table",)
    provides = ()
    brought = True

    def load(self, data: Data) -> BlackBox:
        """The recorded decisions; raises :class:`ModelError` where the column cannot be read."""
        if self.column not in data.features:
            hint = f"one of {', '.join(data.features[:12])}"
            message = f"{self.column!r} is no feature of the data"
            raise ModelError(Problem("model.column", message, hint))
        decided = self._decided(data)
        model = BlackBox(
            lambda x: decided(frame_of(data, x)[self.column]),
            data.task,
            data.classes,
            gives="probability",
            place=f"column {self.column}",
            identity=self.threshold,
        )
        told = f"its answers are those recorded in {self.column}: no explanation goes behind them"
        model.notices = (told,)
        model.raw(data.train.x)
        return model

    def _decided(self, data: Data) -> Any:
        if self.threshold is None:
            return self._values if data.task == "regression" else lambda c: self._classes(c, data)
        if len(data.classes) != 2:
            message = f"a threshold parts two classes, the data have {len(data.classes)}"
            raise ModelError(Problem("model.threshold", message))
        return lambda c: both_sides((self._values(c)[:, 0] >= self.threshold).astype(float))

    def _values(self, cells: pd.Series) -> Array:
        """``(n, 1)``; the column must hold numbers in every row."""
        try:
            return cells.to_numpy(dtype=np.float64)[:, None]
        except (TypeError, ValueError) as error:
            message = f"{self.column} holds no numbers, e.g. {cells.iloc[0]!r}"
            raise ModelError(Problem("model.column", message, "scores or values")) from error

    def _classes(self, cells: pd.Series, data: Data) -> Array:
        """``(n, classes)`` of 0 and 1: the class that the column names."""
        places = {plain_name(name): place for place, name in enumerate(data.classes)}
        found = [places.get(plain_name(cell), -1) for cell in cells]
        if -1 in found:
            message = f"{self.column} holds {str(cells.iloc[found.index(-1)])!r}, which is no class"
            hint = f"{', '.join(data.classes[:12])}; or set threshold for a score"
            raise ModelError(Problem("model.column", message, hint))
        return np.eye(len(data.classes))[found]
