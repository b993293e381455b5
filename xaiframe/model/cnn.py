"""Small convolutional network with batch norm and pooling for images."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import nn

from xaiframe.data.face import Data
from xaiframe.model.network import Standardize, check_layers, outputs, target_scale


@dataclass(frozen=True)
class CNN:
    """Blocks of 3×3 convolution, batch norm, ReLU; pooling after each block but the last.

    channels: feature maps per block; dropout: share of units dropped before the last layer, [0, 1).
    """

    channels: Sequence[int] = field(default=(16, 32))
    dropout: float = 0.1

    modalities = ("image",)
    provides = ("gradient", "layers", "convolution")
    space: ClassVar[Mapping[str, Any]] = {"channels": {"choices": [[8, 16], [16, 32], [32, 64]]}}

    def __post_init__(self) -> None:
        check_layers("channels", self.channels, self.dropout)

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, channels, height, width)``."""
        depth, height, width = data.input_shape
        layers: OrderedDict[str, nn.Module] = OrderedDict(standardize=Standardize.of(data))
        for number, size in enumerate(self.channels, start=1):
            layers[f"convolution{number}"] = nn.Conv2d(depth, size, 3, padding=1)
            layers[f"norm{number}"] = nn.BatchNorm2d(size)
            layers[f"relu{number}"] = nn.ReLU()
            if number < len(self.channels):
                layers[f"pool{number}"] = nn.MaxPool2d(2)
                height, width = height // 2, width // 2
            depth = size
        layers["flatten"] = nn.Flatten()
        layers["dropout"] = nn.Dropout(self.dropout)
        layers["output"] = nn.Linear(depth * height * width, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)
