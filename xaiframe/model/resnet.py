"""Small residual network for images, of any size from a few pixels on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.model.network import Standardize, check_layers, outputs, target_scale


@dataclass(frozen=True)
class ResNet:
    """Stages of basic blocks with skip connections, then global average pooling.

    The first stage works at full size, each further one at half.

    channels: feature maps per stage; blocks: per stage; dropout: share of the pooled maps dropped
    before the last layer, [0, 1).

    He et al. 2016 (doi:10.1109/CVPR.2016.90), in the form for small pictures: a 3×3 stem, no
    pooling behind it.
    """

    channels: Sequence[int] = field(default=(16, 32, 64))
    blocks: int = 1
    dropout: float = 0.2

    modalities = ("image",)
    provides = ("gradient", "layers", "convolution")
    space: ClassVar[Mapping[str, Any]] = {
        "channels": {"choices": [[8, 16, 32], [16, 32, 64]]},
        "blocks": {"low": 1, "high": 2},
    }

    def __post_init__(self) -> None:
        check_layers("channels", self.channels, self.dropout)
        if not self.channels or self.blocks < 1:
            raise ValueError("resnet: at least one stage of at least one block")

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network that takes ``(n, channels, height, width)``."""
        depth = data.input_shape[0]
        layers: OrderedDict[str, nn.Module] = OrderedDict(standardize=Standardize.of(data))
        layers["convolution"] = nn.Conv2d(depth, self.channels[0], 3, padding=1, bias=False)
        layers["norm"] = nn.BatchNorm2d(self.channels[0])
        layers["relu"] = nn.ReLU()
        depth = self.channels[0]
        for stage, size in enumerate(self.channels, start=1):
            for number in range(1, self.blocks + 1):
                stride = 2 if stage > 1 and number == 1 else 1
                layers[f"block{stage}_{number}"] = Block(depth, size, stride)
                depth = size
        layers["pool"] = nn.AdaptiveAvgPool2d(1)
        layers["flatten"] = nn.Flatten()
        layers["dropout"] = nn.Dropout(self.dropout)
        layers["output"] = nn.Linear(depth, outputs(data))
        layers.update(target_scale(data))
        return nn.Sequential(layers)


class Block(nn.Module):
    """ReLU(x + norm(conv(ReLU(norm(conv(x)))))), ``(n, depth, h, w)`` to ``(n, size, h', w')``.

    Where size or stride change, a 1×1 convolution with its norm stands for x.
    """

    def __init__(self, depth: int, size: int, stride: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(depth, size, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(size)
        self.relu1 = nn.ReLU()
        self.convolution2 = nn.Conv2d(size, size, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(size)
        self.relu2 = nn.ReLU()
        self.skip: nn.Module = nn.Identity()
        if stride > 1 or depth != size:
            short = nn.Conv2d(depth, size, 1, stride, bias=False)
            self.skip = nn.Sequential(short, nn.BatchNorm2d(size))

    def forward(self, x: Tensor) -> Tensor:
        # The skip first: what takes the last convolution takes the one of the 3×3 branch.
        short = self.skip(x)
        branch = self.relu1(self.norm1(self.convolution1(x)))
        added: Tensor = self.relu2(short + self.norm2(self.convolution2(branch)))
        return added
