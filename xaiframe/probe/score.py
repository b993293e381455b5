"""The scored output that both directions explain, and what a global method may ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.face import Model, WhiteBox
from xaiframe.model.memory import in_batches
from xaiframe.probe.holding import Refit
from xaiframe.probe.reference import Reference


class Scorer:
    """Score of the target output on the reference's scale, counted and in bounded batches.

    max_batch
        most rows at once: what was asked for, or less where the model's memory ran out.
    """

    def __init__(self, model: Model, reference: Reference, max_batch: int = 8192) -> None:
        self.model = model
        self.reference = reference
        self.limit = max_batch
        self.evaluations = 0

    @property
    def max_batch(self) -> int:
        return min(self.limit, self.model.max_batch)

    def lower(self, rows: int) -> None:
        """Ask no more than ``rows`` at once, for good, also through other scorers of the model."""
        self.model.lower(rows)

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What a method asked about once and needs for every batch, by what was asked."""
        return {}

    @cached_property
    def module(self) -> nn.Sequential:
        """The score as a torch module; raises NotApplicable where the model is none."""
        if not isinstance(self.model, WhiteBox):
            raise NotApplicable("the model only answers: it is no torch module")
        return self.model.score_module(self.reference.output)

    def __call__(self, x: Array, targets: Array | int) -> Array:
        """Scores ``(n,)`` of ``x`` ``(n, *input_shape)`` at ``targets``, one or ``(n,)``."""
        outputs = self.outputs(x)
        return outputs[np.arange(len(x)), np.broadcast_to(targets, (len(x),))]

    def outputs(self, x: Array) -> Array:
        """``(n, classes)`` float64 scores of every output."""
        self.evaluations += len(x)
        output = self.reference.output
        parts = in_batches(self, len(x), lambda part: self.model.scores(x[part], output))
        return np.concatenate(list(parts))


@dataclass(frozen=True)
class Population:
    """What a global method gets: the model behind its scorer, and a bounded, stated sample.

    ``rows`` is the sample of the test split; ``targets`` ``(n,)`` the output explained per row;
    ``refit`` fits the model again, where it is trained here.
    """

    model: Model
    scorer: Scorer
    data: Data
    rows: Split
    targets: Array
    seed: int
    refit: Refit | None = None

    @property
    def features(self) -> Sequence[str]:
        return self.data.features
