"""Small transformer over the words of a message."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.model.network import Attention, check_layers, outputs, target_scale
from xaiframe.model.words import Words

FAINT = 0.1
"""Mean square of a vector at which its word counts half."""


@dataclass(frozen=True)
class Transformer:
    """Word vectors with their places, encoder blocks, the mean over the words that are there.

    dimensions: of a word's vector, a multiple of ``heads``; minimum: occurrences in the training
    split below which a word is not told from other rare ones; blocks, heads: of the encoder;
    hidden: units of each block's feed-forward layer; dropout: share of units dropped, [0, 1).

    Vaswani et al. 2017 (arXiv:1706.03762), normalising before each step. An absent word is a zero
    vector and takes no part. How far a word takes part grows smoothly with its vector, and
    attention may go to nothing, so that the output is continuous on the way from no word to all:
    a hard mask would break the sum rule of path methods.
    """

    dimensions: int = 32
    minimum: int = 2
    blocks: int = 2
    heads: int = 4
    hidden: int = 64
    dropout: float = 0.2

    modalities = ("text",)
    provides = ("gradient", "attention")
    space: ClassVar[Mapping[str, Any]] = {
        "blocks": {"low": 1, "high": 2},
        "hidden": {"choices": [32, 64, 128]},
    }

    def __post_init__(self) -> None:
        check_layers("dimensions and hidden", (self.dimensions, self.hidden), self.dropout)
        if min(self.minimum, self.blocks, self.heads) < 1:
            raise ValueError("minimum, blocks and heads must be at least 1")
        if self.dimensions % self.heads:
            raise ValueError(f"dimensions must be a multiple of heads = {self.heads}")

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, words)`` numbers of words."""
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["embedding"] = Words.of(data, self.dimensions, self.minimum)
        layers["encoder"] = Encoder(self, data.input_shape[0])
        layers["output"] = nn.Linear(self.dimensions, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)


class Encoder(nn.Module):
    """``(n, dimensions, words)`` to ``(n, dimensions)``."""

    places: Tensor

    def __init__(self, shape: Transformer, length: int) -> None:
        super().__init__()
        self.register_buffer("places", sinusoids(length, shape.dimensions))
        self.drop = nn.Dropout(shape.dropout)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.dimensions)
        self.read = Attention(kept=False)

    def forward(self, vectors: Tensor) -> Tensor:
        words = vectors.movedim(1, -1)
        strength = (words**2).mean(dim=-1)
        present = strength / (strength + FAINT)
        state = self.drop(words + self.places)
        for block in self.blocks:
            state = block(state, present)
        share = present / (1 + present.sum(dim=1, keepdim=True))
        return (self.read(share[:, None, None])[:, 0] @ self.norm(state))[:, 0]


class Block(nn.Module):
    """Attention to the words that are there, then a layer for each word on its own."""

    def __init__(self, shape: Transformer) -> None:
        super().__init__()
        size, self.heads = shape.dimensions, shape.heads
        self.before, self.between = nn.LayerNorm(size), nn.LayerNorm(size)
        self.ask = nn.Linear(size, 3 * size)
        self.weights, self.mix = Attention(), nn.Linear(size, size)
        self.think = nn.Sequential(
            nn.Linear(size, shape.hidden), nn.GELU(), nn.Linear(shape.hidden, size)
        )
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, state: Tensor, present: Tensor) -> Tensor:
        state = state + self.drop(self.mix(self.attend(self.before(state), present)))
        return state + self.drop(self.think(self.between(state)))

    def attend(self, state: Tensor, present: Tensor) -> Tensor:
        """``(n, words, dimensions)``: softmax over the words, each weighted by ``present``
        ``(n, words)``, beside a nothing whose score is 0."""
        n, length, size = state.shape
        parts = self.ask(state).reshape(n, length, 3, self.heads, size // self.heads)
        query, asked, value = parts.permute(2, 0, 3, 1, 4)
        score = query @ asked.transpose(-1, -2) / math.sqrt(query.shape[-1])
        top = score.amax(dim=-1, keepdim=True).clamp(min=0)
        weight = present[:, None, None] * torch.exp(score - top)
        weight = weight / (torch.exp(-top) + weight.sum(dim=-1, keepdim=True))
        return (self.weights(weight) @ value).permute(0, 2, 1, 3).reshape(n, length, size)


def sinusoids(length: int, dimensions: int) -> Tensor:
    """``(length, dimensions)``: places as sines and cosines of falling frequency."""
    rate = torch.exp(-math.log(1e4) * torch.arange(0, dimensions, 2) / dimensions)
    angle = torch.arange(length)[:, None] * rate
    both = torch.stack([angle.sin(), angle.cos()], dim=-1)
    return both.reshape(length, -1)[:, :dimensions]
