"""Where rows are alike or not: in their inputs, or in what a network makes of them at last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.distance import cdist

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.face import WhiteBox
from xaiframe.model.memory import in_batches
from xaiframe.probe.bank import Bank
from xaiframe.probe.kernel import apart
from xaiframe.probe.slopes import LastLayer


@dataclass(frozen=True)
class Space:
    """``layer``: whose inputs are compared; None: the rows' own. unit: of the distances."""

    bank: Bank
    layer: LastLayer | None
    unit: str

    @classmethod
    def of(cls, bank: Bank, space: str) -> Space:
        """``space`` inputs or features; raises NotApplicable for features of a model that shows
        none."""
        if space == "inputs":
            text = bank.modality == "text"
            return cls(bank, None, "root of the share of words" if text else "sd")
        model = bank.scorer.model
        if not isinstance(model, WhiteBox):
            raise NotApplicable("the model only answers and shows no features; space: inputs works")
        return cls(bank, LastLayer.of(model.module), "in the last layer's inputs")

    def between(self, a: Array, b: Array) -> Array:
        """``(len(a), len(b))`` distances."""
        if self.layer is None:
            return apart(a, b, self.bank.data)
        left, right = self._features(a), self._features(b)
        return np.asarray(cdist(left, right) / np.sqrt(left.shape[1]))

    def _features(self, x: Array) -> Array:
        layer, scorer = self.layer, self.bank.scorer
        assert layer is not None

        def ask(part: slice) -> Array:
            with torch.inference_mode(False), torch.no_grad():
                rows = torch.tensor(x[part], dtype=torch.float32, device=layer.layer.weight.device)
                return np.asarray(layer.read(rows)[1].double().cpu().numpy())

        scorer.evaluations += len(x)
        return np.concatenate(list(in_batches(scorer, len(x), ask)))
