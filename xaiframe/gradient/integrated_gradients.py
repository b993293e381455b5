"""Integrated gradients: the gradient summed along the way from the background to the input."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """Path integrals from every background row to the input, averaged by the rows' weights.

    steps: Gauss–Legendre points per path, at least 2; tolerance: residual above which the steps
    are doubled, as a share of the mean difference between the input's score and a background
    row's, above 0; limit: most steps, at least ``steps``.
    engine: own, or the library: captum's IntegratedGradients, row by row.

    Sundararajan, Taly & Yan 2017 (arXiv:1703.01365), against the whole background instead of one
    baseline (Erion et al. 2021, arXiv:1906.10670), so that ``values`` sum to score − base with
    base the expected score of the background, like Shapley values. The steps are doubled for each
    instance on its own; what residual is left is the attributions' sum against score − base.
    """

    steps: int = 32
    tolerance: float = 0.01
    limit: int = 256
    engine: Literal["own", "library"] = "own"

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient",)
    additive = True
    counterpart = "captum"
    cost = "instances * (background * steps + 1)"
    reference = "arXiv:1703.01365; arXiv:1906.10670"

    def __post_init__(self) -> None:
        if self.steps < 2:
            raise ValueError(f"steps must be at least 2, not {self.steps}")
        if not self.tolerance > 0:
            raise ValueError(f"tolerance must be above 0, not {self.tolerance}")
        if self.limit < self.steps:
            raise ValueError(f"limit must be at least steps = {self.steps}, not {self.limit}")

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score."""
        if self.engine == "library":
            return captum.integrated_gradients(bank, self.steps, self.tolerance, self.limit)
        values = np.zeros(bank.inputs.shape)
        gain = bank.full - bank.empty
        before = bank.evaluations
        size = np.abs(bank.full[:, None] - bank.background_scores) @ bank.reference.weights
        open_, steps = np.arange(len(bank)), self.steps
        while len(open_) and steps <= self.limit:
            values[open_] = integrate(bank, open_, steps)
            total = values[open_].reshape(len(open_), -1).sum(axis=1)
            open_ = open_[np.abs(total - gain[open_]) > self.tolerance * size[open_]]
            steps *= 2
        evaluations = bank.evaluations - before + len(bank) + len(bank.reference.background)
        return Attribution(bank.fold(values), "element", base=bank.empty, evaluations=evaluations)


def integrate(bank: GradientBank, positions: Array, steps: int) -> Array:
    """``(p, *space)`` float64 path integrals of the instances at ``positions`` ``(p,)``."""
    x = bank.inputs[torch.as_tensor(positions, device=bank.device)][:, None]
    background = bank.background
    nodes, shares = quadrature(steps)
    total = np.zeros((len(positions), *x.shape[2:]))
    ones = (1,) * (x.ndim - 2)
    for chunk in bank.chunks(len(background) * steps, len(positions)):
        row, step = np.divmod(np.array(chunk), steps)
        start = background[torch.as_tensor(row, device=bank.device)][None]
        along = bank.tensor(nodes[step]).reshape(1, -1, *ones)
        _, gradients = bank.gradients(torch.lerp(start, x, along), positions)
        weights = bank.reference.weights[row] * shares[step]
        path = ((x - start) * gradients).cpu().numpy().astype(np.float64)
        total += np.einsum("k,nk...->n...", weights, path)
    return total


@cache
def quadrature(steps: int) -> tuple[Array, Array]:
    """Gauss–Legendre points and weights ``(steps,)`` on [0, 1]; the weights sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return (nodes + 1) / 2, weights / 2
