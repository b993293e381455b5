"""Features held at a constant: what a model that is fitted and asked without them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.model.face import Model

Shuffled = Literal["", "labels", "inputs"]


class Refit(Protocol):
    """The model fitted once more under the recipe's settings, as the runner does it.

    ``decides``: what that depends on beside the data, the model and the seed.
    """

    @property
    def decides(self) -> Mapping[str, Any]: ...

    def __call__(
        self, features: Sequence[int], seed: int, shuffled: Shuffled = ""
    ) -> tuple[Model, int]:
        """The model when the ``features`` are held at :func:`constant` in every row it is fitted
        on, and how many rows went through it meanwhile, each epoch counted. ``shuffled``: what is
        dealt out anew among those rows, by the seed: their labels, or each feature for itself."""


def constant(data: Data) -> Array:
    """``input_shape``: the mean of the training rows as they were read."""
    return np.asarray(data.train.x.mean(axis=0, dtype=np.float64), dtype=np.float32)


def hold(x: Array, features: Sequence[int], data: Data) -> Array:
    """``x`` ``(n, *input_shape)`` with all elements of these features at :func:`constant`."""
    return np.where(np.isin(data.feature_mask, list(features)), constant(data), x)
