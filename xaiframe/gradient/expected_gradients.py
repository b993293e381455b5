"""Expected gradients: integrated gradients at random points between background and input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum
from xaiframe.probe.noise import Moments, per_feature


@dataclass(frozen=True)
class ExpectedGradients(Method):
    """Mean of (x − x′) · gradient at x′ + a (x − x′), x′ from the background, a uniform on 0–1.

    samples: points per instance, at least 2, spread evenly over 0–1 and shared out over the
    background rows by their weights.
    engine: own, or the library: captum's GradientShap, whose points are drawn independently.

    Erion et al. 2021 (arXiv:1906.10670), known as GradientSHAP in shap and captum. Its expectation
    is integrated gradients against the whole background; what the sum lacks of score − base is the
    sampling. ``error`` is the standard error of independent draws, an upper bound here.
    """

    samples: int = 200
    engine: Literal["own", "library"] = "own"

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient",)
    additive = True
    stochastic = True
    counterpart = "captum"
    cost = "instances * samples"
    reference = "arXiv:1906.10670"

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise ValueError(f"samples must be at least 2, not {self.samples}")

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``, ``error`` per feature ``(n, features)``."""
        if self.engine == "library":
            return captum.expected_gradients(bank, self.samples)
        rows, along = self._points(bank)
        total, moments = np.zeros(bank.inputs.shape), Moments()
        ones = (1,) * (bank.inputs.ndim - 1)
        for chunk in bank.chunks(self.samples, len(bank)):
            start = bank.background[torch.as_tensor(rows[:, chunk], device=bank.device)]
            share = bank.tensor(along[:, chunk]).reshape(len(bank), -1, *ones)
            ends = bank.inputs[:, None].expand_as(start)
            _, gradients = bank.gradients(torch.lerp(start, ends, share))
            parts = ((ends - start) * gradients).cpu().numpy().astype(np.float64)
            total += parts.sum(axis=1)
            moments.add(per_feature(bank.fold_each(parts), bank))
        values = bank.fold(total / self.samples)
        evaluations = len(bank) * self.samples + len(bank.reference.background)
        return Attribution(values, "element", moments.error, bank.empty, evaluations)

    def _points(self, bank: GradientBank) -> tuple[Array, Array]:
        """``(n, samples)`` background row and place on the way to it, drawn by seed and id."""
        rows, along = [], []
        edges = np.cumsum(bank.reference.weights)
        for position in range(len(bank)):
            random = bank.rng(position, "expected_gradients")
            even = (np.arange(self.samples) + random.random(self.samples)) / self.samples
            row = np.searchsorted(edges, random.permutation(even) * edges[-1], side="right")
            rows.append(np.minimum(row, len(edges) - 1))
            along.append((np.arange(self.samples) + random.random(self.samples)) / self.samples)
        return np.stack(rows), np.stack(along)
