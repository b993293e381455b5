"""The scored output that both directions explain, and what a global method may ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.model.face import Model
from xaiframe.probe.reference import Reference


class Scorer:
    """Score of the target output on the reference's scale, counted and in bounded batches."""

    def __init__(self, model: Model, reference: Reference, max_batch: int = 8192) -> None:
        self.model = model
        self.reference = reference
        self.max_batch = max_batch
        self.module = model.score_module(reference.output)
        self.evaluations = 0

    def __call__(self, x: Array, targets: Array | int) -> Array:
        """Scores ``(n,)`` of ``x`` ``(n, *input_shape)`` at ``targets``, one or ``(n,)``."""
        outputs = self.outputs(x)
        return outputs[np.arange(len(x)), np.broadcast_to(targets, (len(x),))]

    def outputs(self, x: Array) -> Array:
        """``(n, classes)`` float64 scores of every output."""
        self.evaluations += len(x)
        parts = []
        with torch.no_grad():
            for start in range(0, len(x), self.max_batch):
                # a copy: a first layer that works in place must not write on the caller's rows
                batch = np.array(x[start : start + self.max_batch], dtype=np.float32, order="C")
                parts.append(self.module(torch.from_numpy(batch).to(self.model.device)).cpu())
        return torch.cat(parts).numpy().astype(np.float64)


@dataclass(frozen=True)
class Population:
    """What a global method gets: the model behind its scorer, and a bounded, stated sample.

    ``rows`` is the sample of the test split; ``targets`` ``(n,)`` the output explained per row.
    """

    model: Model
    scorer: Scorer
    data: Data
    rows: Split
    targets: Array
    seed: int

    @property
    def features(self) -> Sequence[str]:
        return self.data.features
