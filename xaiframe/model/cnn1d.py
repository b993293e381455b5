"""Small convolutional network along time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import nn

from xaiframe.data.face import Data
from xaiframe.model.network import Standardize, check_layers, outputs, target_scale


@dataclass(frozen=True)
class CNN1d:
    """Blocks of convolution along time, batch norm and ReLU.

    Pooling after each block but the last, which is averaged over time.

    channels: feature maps per block; width: samples a convolution sees at once, odd; pool: samples
    that become one between blocks; dropout: share of units dropped before the last layer, [0, 1).

    Wang, Yan & Oates 2017 (arXiv:1611.06455), with pooling: a chain that every gradient method
    reaches through, and whose averaged maps Grad-CAM weighs exactly.
    """

    channels: Sequence[int] = field(default=(16, 32, 32))
    width: int = 5
    pool: int = 2
    dropout: float = 0.1

    modalities = ("series",)
    provides = ("gradient", "layers", "convolution")
    space: ClassVar[Mapping[str, Any]] = {
        "channels": {"choices": [[8, 16, 16], [16, 32, 32], [32, 64, 64]]},
        "width": {"choices": [3, 5, 7]},
    }

    def __post_init__(self) -> None:
        check_layers("channels", self.channels, self.dropout)
        if not self.channels:
            raise ValueError("channels must name at least one convolution")
        if self.width < 1 or self.width % 2 == 0:
            raise ValueError(f"width must be odd, not {self.width}")
        if self.pool < 1:
            raise ValueError(f"pool must be at least 1, not {self.pool}")

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, channels, samples)``.

        Raises ValueError when pooling leaves fewer than two samples.
        """
        depth, length = data.input_shape
        layers: OrderedDict[str, nn.Module] = OrderedDict(standardize=Standardize.of(data))
        for number, size in enumerate(self.channels, start=1):
            padding = self.width // 2
            layers[f"convolution{number}"] = nn.Conv1d(depth, size, self.width, padding=padding)
            layers[f"norm{number}"] = nn.BatchNorm1d(size)
            layers[f"relu{number}"] = nn.ReLU()
            if number < len(self.channels) and self.pool > 1:
                layers[f"pool{number}"] = nn.MaxPool1d(self.pool)
                length //= self.pool
            depth = size
        if length < 2:
            raise ValueError(
                f"{len(self.channels)} blocks with pool {self.pool} leave nothing of "
                f"{data.input_shape[1]} samples: fewer channels, or pool: 1"
            )
        layers["average"] = nn.AvgPool1d(length)
        layers["flatten"] = nn.Flatten()
        layers["dropout"] = nn.Dropout(self.dropout)
        layers["output"] = nn.Linear(depth, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)
