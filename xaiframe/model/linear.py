"""Linear and logistic regression: one layer, whose weights are the explanation."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn

from xaiframe.data.face import Data
from xaiframe.model.network import Standardize, outputs, target_scale


@dataclass(frozen=True)
class Linear:
    """A weighted sum of the standardised elements: the value for regression, a logit per class.

    Fitted like every network here, by gradient descent; ``fit.weight_decay`` is its ridge penalty.
    """

    modalities = ("table",)
    provides = ("gradient", "layers")

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, elements)`` in the user's units."""
        width = data.input_shape[0]
        layers: OrderedDict[str, nn.Module] = OrderedDict(standardize=Standardize.of(data))
        layers["output"] = nn.Linear(width, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)
