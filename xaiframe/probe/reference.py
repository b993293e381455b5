"""The one reference both directions share: background, baseline, target, output scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaiframe.data.face import Data
from xaiframe.errors import Problem, RecipeError
from xaiframe.explanation import Array
from xaiframe.model.face import Model, Output
from xaiframe.recipe import ReferenceConfig
from xaiframe.store import digest


@dataclass(frozen=True)
class Reference:
    """What "absent" means and which output is explained.

    background
        ``(m, *input_shape)`` float32 rows that stand in for absent features: absent means the
        score averaged over these rows (interventional).
    weights
        ``(m,)`` float64, sum 1.
    output
        scale of the score, ``logit`` or ``probability``.
    target
        class index explained for every instance, or None for each instance's predicted class.
    """

    background: Array
    weights: Array
    output: Output
    target: int | None

    @cached_property
    def baseline(self) -> Array:
        """``input_shape``: the weighted mean of the background, for methods that take one row."""
        mean = np.tensordot(self.weights, self.background.astype(np.float64), axes=1)
        return np.asarray(mean, dtype=np.float32)

    @cached_property
    def digest(self) -> str:
        return digest(self.background, self.weights, self.output, self.target)

    def targets(self, model: Model, x: Array) -> Array:
        """``(n,)`` the output index explained for each instance."""
        if model.task == "regression":
            return np.zeros(len(x), dtype=np.int64)
        if self.target is None:
            return model.predictions(x).astype(np.int64)
        return np.full(len(x), self.target, dtype=np.int64)


def declare(config: ReferenceConfig, data: Data, seed: int) -> Reference:
    """The reference of a recipe; ``rows`` are drawn from the training split by seed."""
    kind = config.kind(data.modality)
    if kind == "mean" and data.modality == "text":
        raise RecipeError(Problem("reference.background", "words have no mean", "zeros or rows"))
    if kind == "zeros":
        background = np.zeros((1, *data.input_shape), dtype=np.float32)
    elif kind == "mean":
        background = data.train.x.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    else:
        size = min(config.rows, len(data.train))
        chosen = np.random.default_rng([seed, 77]).choice(len(data.train), size, replace=False)
        background = data.train.x[np.sort(chosen)]
    rows, counts = np.unique(background, axis=0, return_counts=True)
    return Reference(rows, counts / counts.sum(), config.output, _target(config.target, data))


def _target(name: str, data: Data) -> int | None:
    if name == "predicted" or data.task == "regression":
        return None
    if name not in data.classes:
        classes = ", ".join(data.classes)
        raise RecipeError(
            Problem(
                "reference.target", f"no class is called {name!r}", f"predicted or one of {classes}"
            )
        )
    return data.classes.index(name)
