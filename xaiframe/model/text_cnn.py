"""Small convolutional network over the words of a message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import nn

from xaiframe.data.face import Data
from xaiframe.model.network import check_layers, outputs, target_scale
from xaiframe.model.words import Words


@dataclass(frozen=True)
class TextCNN:
    """Word vectors, convolutions along the words with ReLU, the largest answer of each channel.

    dimensions: of a word's vector; minimum: occurrences in the training split below which a word
    is not told from other rare ones; channels: of each convolution; width: words a convolution
    sees at once, odd; dropout: share of units dropped, [0, 1).

    Kim 2014 (arXiv:1408.5882), as a chain so that every gradient method reaches through it.
    """

    dimensions: int = 32
    minimum: int = 2
    channels: Sequence[int] = field(default=(64, 64))
    width: int = 3
    dropout: float = 0.3

    modalities = ("text",)
    provides = ("gradient", "layers", "convolution")
    space: ClassVar[Mapping[str, Any]] = {
        "dimensions": {"choices": [16, 32, 64]},
        "width": {"choices": [3, 5]},
    }

    def __post_init__(self) -> None:
        check_layers("channels", self.channels, self.dropout)
        if not self.channels:
            raise ValueError("channels must name at least one convolution")
        if self.dimensions < 1 or self.minimum < 1:
            raise ValueError("dimensions and minimum must be at least 1")
        if self.width < 1 or self.width % 2 == 0:
            raise ValueError(f"width must be odd, not {self.width}")

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, words)`` numbers of words."""
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["embedding"] = Words.of(data, self.dimensions, self.minimum)
        depth = self.dimensions
        for number, size in enumerate(self.channels, start=1):
            layers[f"dropout{number}"] = nn.Dropout(self.dropout)
            layers[f"convolution{number}"] = nn.Conv1d(
                depth, size, self.width, padding=self.width // 2
            )
            layers[f"relu{number}"] = nn.ReLU()
            depth = size
        layers["pool"] = nn.MaxPool1d(data.input_shape[0])
        layers["flatten"] = nn.Flatten()
        layers["dropout"] = nn.Dropout(self.dropout)
        layers["output"] = nn.Linear(depth, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)
