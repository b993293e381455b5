"""Multilayer perceptron for tables, with vectors for the levels of their categories."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.model.network import Standardize, check_layers, outputs, target_scale


@dataclass(frozen=True)
class MLP:
    """Fully connected layers with ReLU and dropout.

    hidden: widths of the hidden layers; dropout: share of units dropped, in [0, 1); embedding:
    numbers that each level of a category becomes, 0 for as many as the first layer has units.

    Guo & Berkhahn 2016 (arXiv:1604.06737). Looking up a level's vector is multiplying its
    indicators by a matrix: without a narrower ``embedding`` the first layer does it. With one, a
    linear layer that keeps columns apart stands before it, so that the network stays a chain of
    plain layers, which every gradient method can walk.
    """

    hidden: Sequence[int] = field(default=(64, 32))
    dropout: float = 0.1
    embedding: int = 0

    modalities = ("table",)
    provides = ("gradient", "layers")
    space: ClassVar[Mapping[str, Any]] = {"hidden": {"choices": [[32], [64, 32], [128, 64]]}}

    def __post_init__(self) -> None:
        check_layers("hidden", self.hidden, self.dropout)
        if self.embedding < 0:
            raise ValueError(f"embedding must be at least 0, not {self.embedding}")

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, elements)`` in the user's units."""
        layers: OrderedDict[str, nn.Module] = OrderedDict(standardize=Standardize.of(data))
        width = data.input_shape[0]
        if self.embedding:
            first = embedding(data, self.embedding)
            layers["embedding"], width = first, first.out_features
        for number, size in enumerate(self.hidden, start=1):
            layers[f"linear{number}"] = nn.Linear(width, size)
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"dropout{number}"] = nn.Dropout(self.dropout)
            width = size
        layers["output"] = nn.Linear(width, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)


def embedding(data: Data, most: int) -> nn.Linear:
    """A linear layer without bias whose weight is zero, and stays so, between different columns.

    A category of k levels becomes at most ``most`` and k − 1 numbers; every other element stays
    one number, at first itself.
    """
    blocks = [block(data, feature, most) for feature in range(len(data.features))]
    weight = torch.block_diag(*blocks)
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    own = torch.block_diag(*(torch.ones_like(one) for one in blocks))
    layer.weight = nn.Parameter(weight)
    layer.weight.register_hook(lambda gradient: gradient * own.to(gradient.device))
    return layer


def block(data: Data, feature: int, most: int) -> Tensor:
    """``(numbers, elements)`` first weights of one column."""
    elements = int((data.feature_mask == feature).sum())
    if data.encoding.kinds.get(data.features[feature]) != "categorical" or elements < 2:
        return torch.eye(elements)
    return nn.Linear(elements, min(most, elements - 1), bias=False).weight.detach().clone()
