"""Recurrent network along time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.model.network import Standardize, check_layers, outputs, target_scale


@dataclass(frozen=True)
class GRU:
    """Gated recurrent units that read a series from its first sample to its last.

    hidden: units per layer; layers: stacked; dropout: share of units dropped before the last
    layer, [0, 1).

    Cho et al. 2014 (arXiv:1406.1078). Gradients and relevance flow through all samples; there
    are no differences for DeepLIFT and there is no convolution for Grad-CAM.
    """

    hidden: int = 32
    layers: int = 1
    dropout: float = 0.1

    modalities = ("series",)
    provides = ("gradient", "layers")
    space: ClassVar[Mapping[str, Any]] = {"hidden": {"choices": [16, 32, 64]}}

    def __post_init__(self) -> None:
        check_layers("hidden", (self.hidden,), self.dropout)
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, not {self.layers}")

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, channels, samples)``."""
        layers: OrderedDict[str, nn.Module] = OrderedDict(standardize=Standardize.of(data))
        layers["recurrent"] = Recurrent(data.input_shape[0], self.hidden, self.layers)
        layers["dropout"] = nn.Dropout(self.dropout)
        layers["output"] = nn.Linear(self.hidden, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)


class Recurrent(nn.Module):
    """``(n, channels, samples)`` → ``(n, hidden)``: the state of the last layer after the last
    sample."""

    def __init__(self, channels: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.gru = nn.GRU(channels, hidden, layers, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.gru(torch.transpose(x, 1, 2))
        return states[:, -1]
