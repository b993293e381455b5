"""What the networks trained here share: the input scaling that travels inside the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.data.face import Data


class Standardize(nn.Module):
    """(x − mean) / sd per input element, with the training split's moments as buffers; per channel
    for series, and for images only divided, so that black stays zero.

    The first layer of every network trained here, so that the model takes the user's units.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("sd", torch.ones(shape))

    @classmethod
    def of(cls, data: Data) -> Standardize:
        layer = cls(data.input_shape)
        if data.modality in ("table", "series"):
            axes = (0, *range(2, data.train.x.ndim))
            centre = data.train.x.mean(axis=axes, dtype=np.float64, keepdims=True)[0]
            layer.mean.copy_(torch.as_tensor(centre))
        layer.sd.copy_(torch.as_tensor(data.scale))
        return layer

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.sd


class Embedding(nn.Module):
    """First layer of a network on text: ``(n, positions)`` numbers of words, float32, 0 where there
    is none, to ``(n, dimensions, positions)``, zero where there is none.

    Gradients are taken behind it; a network on text is a Sequential that begins with one.
    """


class Attention(nn.Module):
    """Weights of attention ``(n, heads, asking, words)``, passed on as they are, so that probes can
    read them; a network on text sends all of its attention through such layers.

    kept: whether who asks also keeps its own state, by a skip connection. The head reads the words
    through a last one, in which a single position asks: the mean over the words, say.
    """

    def __init__(self, kept: bool = True) -> None:
        super().__init__()
        self.kept = kept

    def forward(self, weights: Tensor) -> Tensor:
        return weights


def target_scale(data: Data) -> dict[str, nn.Module]:
    """For regression a last, fixed linear layer from standard deviations to the target's unit.

    Without it a target in the thousands is out of reach of weights that start near zero.
    """
    if data.task == "classification":
        return {}
    layer = nn.Linear(1, 1)
    spread = float(data.train.y.std()) or 1.0
    layer.weight = nn.Parameter(torch.tensor([[spread]]), requires_grad=False)
    layer.bias = nn.Parameter(torch.tensor([float(data.train.y.mean())]), requires_grad=False)
    return {"unit": layer}


def outputs(data: Data) -> int:
    """Width of the last layer: one logit per class, one value for regression."""
    return len(data.classes) if data.task == "classification" else 1


def check_layers(name: str, widths: Sequence[int], dropout: float) -> None:
    """Raise ValueError unless every width is at least 1 and ``dropout`` lies in [0, 1)."""
    if any(width < 1 for width in widths):
        raise ValueError(f"{name} must be widths of at least 1, not {list(widths)}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1, not {dropout}")
