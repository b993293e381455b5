"""Attention weights, read where a model passes them through, from the first layer to the head."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.network import Attention
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.layerwise import by_batch


@dataclass(frozen=True)
class Layer:
    """Weights ``(n, heads, asking, words)``, and whether who asks keeps its own state as well."""

    weights: Tensor
    kept: bool


Follow = Callable[[Sequence[Layer], Tensor], Tensor]
"""``(layers, scores (n,))`` → ``(n, asking, words)``, who reads last and what came of each word."""


def through_layers(bank: GradientBank, follow: Follow) -> Array:
    """``(n, words)`` float64: what ``follow`` says came of each word to the head.

    Raises NotApplicable where the model shows no attention, or none by which its head reads.
    """

    def ask(leaf: Tensor, targets: Tensor) -> Tensor:
        with shown(bank.module) as layers:
            scores = bank.module(leaf).gather(1, targets[:, None])[:, 0]
        if not layers:
            raise NotApplicable("the model shows no attention weights")
        if layers[-1].weights.shape[2] != 1:
            raise NotApplicable(
                "the model does not show how its head reads the words: its last attention is of"
                f" {layers[-1].weights.shape[2]} positions, not of one"
            )
        return follow(layers, scores)[:, 0]

    return by_batch(bank, ask)


@contextmanager
def shown(module: nn.Module) -> Iterator[list[Layer]]:
    """The attention of the forward passes made meanwhile, in order."""
    found: list[Layer] = []

    def keep(layer: Attention, _: object, weights: Tensor) -> None:
        found.append(Layer(weights, layer.kept))

    places = [one for one in module.modules() if isinstance(one, Attention)]
    hooks = [one.register_forward_hook(keep) for one in places]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def rollout(layers: Sequence[Layer], _: Tensor) -> Tensor:
    """Products of the heads' mean weights, half of each position its own where it is kept."""
    means = [one.weights.mean(dim=1) for one in layers]
    steps = [
        (mean + identity(mean)) / 2 if one.kept else mean
        for mean, one in zip(means, layers, strict=True)
    ]
    total = steps[0]
    for step in steps[1:]:
        total = step @ total
    return total


def relevance(layers: Sequence[Layer], scores: Tensor) -> Tensor:
    """Weights times their gradient, what is positive of them, averaged over heads and added up."""
    weights = [one.weights for one in layers]
    slopes = torch.autograd.grad(scores.sum(), weights, materialize_grads=True)
    total = identity(layers[0].weights[:, 0])
    for one, slope in zip(layers, slopes, strict=True):
        step = (one.weights * slope).clamp(min=0).mean(dim=1) @ total
        total = total + step if one.kept else step
    return total


def identity(like: Tensor) -> Tensor:
    """``(n, words, words)`` for ``like`` ``(n, asking, words)``."""
    return torch.eye(like.shape[-1]).to(like).expand(len(like), -1, -1)
