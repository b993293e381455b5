"""What a repair puts before a network's own scaling: gaps filled, columns joined, parts held."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from xaiframe.model.network import Standardize

ROOM = "preparations"
"""Where a network keeps them: below its first layer."""


class Filling(nn.Module):
    """Puts its own number wherever an indicator says that the value is missing.

    ``at``, ``gap`` ``(holes,)``: element of each value that may be missing and of its indicator;
    ``start`` ``(holes,)``: what it is at first. Then step by step hole ``order[s]`` becomes
    ``x[read] · weights[s] + bias[s]``, no less than ``low``, no more than ``high``.
    """

    kind: ClassVar[str] = "filling"
    at: Tensor
    gap: Tensor
    start: Tensor
    read: Tensor
    order: Tensor
    weights: Tensor
    bias: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, **buffers: Tensor) -> None:
        super().__init__()
        for name in ("at", "gap", "start", "read", "order", "weights", "bias", "low", "high"):
            self.register_buffer(name, buffers[name])

    def forward(self, x: Tensor) -> Tensor:
        missing = x[:, self.gap] > 0.5
        columns = list(x.unbind(1))
        for hole, place in enumerate(self.at.tolist()):
            columns[place] = torch.where(missing[:, hole], self.start[hole], columns[place])
        for step, hole in enumerate(self.order.tolist()):
            read = torch.stack([columns[one] for one in self.read.tolist()], dim=1)
            guess = (read @ self.weights[step] + self.bias[step]).clamp(
                self.low[hole], self.high[hole]
            )
            place = int(self.at[hole])
            columns[place] = torch.where(missing[:, hole], guess, columns[place])
        return torch.stack(columns, dim=1)


class Projection(nn.Module):
    """``x @ matrix + offset``: columns that say the same are replaced by what they share."""

    kind: ClassVar[str] = "projection"
    matrix: Tensor
    offset: Tensor

    def __init__(self, matrix: Tensor, offset: Tensor) -> None:
        super().__init__()
        self.register_buffer("matrix", matrix)
        self.register_buffer("offset", offset)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.matrix + self.offset


class Holding(nn.Module):
    """``x · keep + value``: elements with ``keep`` 0 are held at ``value``, whatever they were.

    ``keep``, ``value``: ``input_shape``.
    """

    kind: ClassVar[str] = "holding"
    keep: Tensor
    value: Tensor

    def __init__(self, keep: Tensor, value: Tensor) -> None:
        super().__init__()
        self.register_buffer("keep", keep)
        self.register_buffer("value", value)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.keep + self.value


KINDS: tuple[type[Filling] | type[Projection] | type[Holding], ...] = (
    Filling,
    Projection,
    Holding,
)


class Prepared(Standardize):
    """Standardize behind preparations. One layer still, since every element stays its column's:
    what goes through a network layer by layer begins behind it."""

    def __init__(self, own: Standardize, preparations: Sequence[nn.Module]) -> None:
        super().__init__(tuple(own.mean.shape))
        self.mean.copy_(own.mean)
        self.sd.copy_(own.sd)
        self.preparations = nn.ModuleDict(
            {f"{place}_{one.kind}": one for place, one in enumerate(preparations)}
        )

    def forward(self, x: Tensor) -> Tensor:
        for preparation in self.preparations.values():
            x = preparation(x)
        return super().forward(x)


def prepared(network: nn.Module, preparations: Sequence[nn.Module]) -> nn.Module:
    """The network with preparations before its scaling, which must be its first layer."""
    if preparations:
        assert isinstance(network, nn.Sequential)
        assert isinstance(network[0], Standardize)
        network[0] = Prepared(network[0], copy.deepcopy(list(preparations)))
    return network


def stored_preparations(state: Mapping[str, Tensor]) -> list[nn.Module]:
    """The preparations in a state dict, in their order; empty where there are none."""
    found: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        parts = key.split(".")
        if len(parts) == 4 and parts[1] == ROOM:
            found.setdefault(parts[2], {})[parts[3]] = value
    kinds = {one.kind: one for one in KINDS}
    order = sorted(found, key=lambda name: int(name.partition("_")[0]))
    return [kinds[name.partition("_")[2]](**found[name]) for name in order]
