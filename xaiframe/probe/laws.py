"""Laws that methods claim, tested on the run's own model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.explanation import Array
from xaiframe.probe.rewrite import simplify

SUM = 0.01
"""Share of what is to be attributed that may be missing: numerical integration leaves this much."""
RELEVANCE = 1e-3
"""Share of the relevance that rounding may lose."""
ALIKE = 1e-6
"""Attributions closer than this share of the largest are the same."""


@dataclass(frozen=True)
class Law:
    """Whether a law holds: its ``error`` stays within ``limit``, both shares; text says of what."""

    name: str
    holds: bool
    error: float
    limit: float
    text: str


def completeness(values: Array, scores: Array, base: Array, limit: float = SUM) -> Law:
    """Attributions ``(n, …)`` add up to score − base, both ``(n,)`` (arXiv:1703.01365)."""
    return _sums("completeness", values, scores - base, limit, "score less base")


def conservation(values: Array, due: Array, limit: float = RELEVANCE) -> Law:
    """Relevance ``(n, …)`` adds up to what is ``due`` ``(n,)`` (doi:10.1371/journal.pone.0130140).

    With the epsilon rule and linear pieces that is :func:`without_biases`.
    """
    return _sums("conservation", values, due, limit, "score less what biases add")


def without_biases(module: nn.Module, x: Tensor, targets: Tensor) -> Array:
    """``(n,)`` Σ x ∂f/∂x: of a network of linear pieces (ReLU, max pooling) the part of the score

    at ``x`` ``(n, *input_shape)`` that its biases do not add, by autograd on the bare model.
    """
    slopes = gradients(module, x, targets)
    return np.asarray((slopes * x.cpu().numpy()).reshape(len(x), -1).sum(axis=1), np.float64)


def unlike_gradient(values: Array, module: nn.Module, x: Tensor, targets: Tensor) -> Law:
    """Guided backpropagation and deconvolution are not the plain gradient (arXiv:1412.6806).

    They drop negative gradients at ReLUs. Where :func:`dropped` counts any, equal ``values``
    ``(n, *input_shape)`` show that the method never saw the activations. ``error`` is 1 where they
    are equal, 0 where they differ or nothing is dropped.
    """
    share = dropped(module, x, targets)
    plain = gradients(module, x, targets)
    apart = float(np.abs(values - plain).max()) / max(float(np.abs(plain).max()), 1e-300)
    equal = share > 0 and apart <= ALIKE
    text = f"{share:.0%} of the active units pass a negative gradient, values are {apart:.2g} apart"
    return Law("unlike the plain gradient", not equal, float(equal), 0.0, text)


def dropped(module: nn.Module, x: Tensor, targets: Tensor) -> float:
    """Share of active ReLU units, over all rows, whose incoming gradient is negative.

    Counted on a rewritten copy, where each ReLU is a layer of its own. Raises NotApplicable where
    there is none to be had.
    """
    network = simplify(module)
    relus = [layer for layer in network.modules() if isinstance(layer, nn.ReLU)]
    inside, counts = dict[nn.Module, Tensor](), [0, 0]

    def forward(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        inside[layer] = given[0].detach() > 0

    def backward(layer: nn.Module, _: object, incoming: tuple[Tensor, ...]) -> None:
        counts[0] += int(inside[layer].sum())
        counts[1] += int((inside[layer] & (incoming[0] < 0)).sum())

    for relu in relus:
        relu.register_forward_pre_hook(forward)
        relu.register_full_backward_hook(backward)
    gradients(network, x, targets)
    return counts[1] / max(counts[0], 1)


def gradients(module: nn.Module, x: Tensor, targets: Tensor) -> Array:
    """``(n, *input_shape)`` ∂ score of the target ∂ x by autograd."""
    with torch.inference_mode(False), torch.enable_grad():
        leaf = x.detach().clone().requires_grad_(True)
        scores = module(leaf.clone()).gather(1, targets.clone()[:, None])
        (slopes,) = torch.autograd.grad(scores.sum(), leaf)
    return np.asarray(slopes.cpu().numpy())


def _sums(name: str, values: Array, due: Array, limit: float, of: str) -> Law:
    """Mean |Σ values − due| ÷ mean |due|: one denominator, since one due may happen to be 0."""
    sums = np.asarray(values, np.float64).reshape(len(values), -1).sum(axis=1)
    size = float(np.abs(due).mean())
    missing = float(np.abs(sums - due).mean())
    error = missing / size if size > 0 else (0.0 if missing == 0 else float("inf"))
    text = f"{error:.3g} of {of} is missing or too much, over {len(due)} instances"
    return Law(name, error <= limit, error, limit, text)
