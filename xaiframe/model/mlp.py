"""Multilayer perceptron for tables."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import nn

from xaiframe.data.face import Data
from xaiframe.model.network import Standardize, check_layers, outputs, target_scale


@dataclass(frozen=True)
class MLP:
    """Fully connected layers with ReLU and dropout.

    hidden: widths of the hidden layers; dropout: share of units dropped, in [0, 1).
    """

    hidden: Sequence[int] = field(default=(64, 32))
    dropout: float = 0.1

    modalities = ("table",)
    provides = ("gradient", "layers")

    def __post_init__(self) -> None:
        check_layers("hidden", self.hidden, self.dropout)

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, columns)`` in the user's units."""
        layers: OrderedDict[str, nn.Module] = OrderedDict(standardize=Standardize.of(data))
        width = data.input_shape[0]
        for number, size in enumerate(self.hidden, start=1):
            layers[f"linear{number}"] = nn.Linear(width, size)
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"dropout{number}"] = nn.Dropout(self.dropout)
            width = size
        layers["output"] = nn.Linear(width, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)
