"""ONNX's recurrent operators as torch's: the same gates in another order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from xaiframe.errors import NotApplicable
from xaiframe.model.graphs.build import Build, Operation

GATES: Mapping[str, tuple[int, ...]] = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""Per operator, where torch's gates lie among ONNX's."""
CELLS: Mapping[str, type[Any]] = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}
BIDIRECTIONAL: Mapping[bytes, bool] = {b"forward": False, b"bidirectional": True}
REFUSED = ("activations", "clip", "activation_alpha", "activation_beta", "input_forget", "layout")
"""Attributes that torch's cells do not have; without effect at ONNX's defaults."""


class Recurrent(nn.Module):
    """``cell`` with ONNX's outputs: all states ``(steps, directions, n, width)`` and the last."""

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.cell = cell
        self.directions = 2 if cell.bidirectional else 1

    def forward(self, x: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """``x`` ``(steps, n, inputs)``; ``state`` ``(directions, n, width)`` each."""
        if isinstance(self.cell, nn.LSTM):
            every, (last, memory) = self.cell(x, state if state else None)
            return self._apart(every), last, memory
        every, last = self.cell(x, state[0] if state else None)
        return self._apart(every), last

    def _apart(self, every: Tensor) -> Tensor:
        return torch.stack(torch.chunk(every, self.directions, dim=-1), dim=1)


def recurrent(kind: str, build: Build, op: Operation) -> Any:
    """Raises NotApplicable for what torch's cell does not do."""
    odd = [name for name in REFUSED if name in op.attributes and op.attributes[name] != 0]
    standard = not odd or (odd == ["activations"] and _standard(kind, op))
    direction = op.get("direction", b"forward")
    if not standard or direction not in BIDIRECTIONAL or op.optional(4) is not None:
        raise NotApplicable(f"{op} has activations, a direction or lengths of its own")
    if kind == "GRU" and not op.get("linear_before_reset", 0):
        raise NotApplicable(f"{op} resets before its linear layer, torch's after it")
    given, kept, shift = op.weight(1), op.weight(2), op.constant(3)
    both = BIDIRECTIONAL[direction]
    cell = CELLS[kind](given.shape[2], kept.shape[2], bias=shift is not None, bidirectional=both)
    for number in range(len(given)):
        tail = "_l0_reverse" if number else "_l0"
        _set(cell, f"weight_ih{tail}", _gates(kind, given[number]))
        _set(cell, f"weight_hh{tail}", _gates(kind, kept[number]))
        if shift is not None:
            for name, part in zip(("bias_ih", "bias_hh"), shift[number].chunk(2), strict=True):
                _set(cell, name + tail, _gates(kind, part))
    states = [op.input(k) for k in range(5, len(op.inputs)) if op.optional(k) is not None]
    if len(states) not in (0, 2 if kind == "LSTM" else 1):
        raise NotApplicable(f"{op} is given only part of its first state")
    return build.call(Recurrent(cell), op.input(0), *states, name=op.layer)


def _standard(kind: str, op: Operation) -> bool:
    """Whether the activations it names are those it would have anyway."""
    own = {"LSTM": [b"Sigmoid", b"Tanh", b"Tanh"], "GRU": [b"Sigmoid", b"Tanh"], "RNN": [b"Tanh"]}
    named = list(op.attributes["activations"])
    return named == own[kind] * (len(named) // len(own[kind]))


def _gates(kind: str, stacked: Tensor) -> Tensor:
    parts = stacked.chunk(len(GATES[kind]))
    return torch.cat([parts[position] for position in GATES[kind]])


def _set(cell: nn.Module, name: str, value: Tensor) -> None:
    getattr(cell, name).copy_(value)


RECURRENT: Mapping[str, Callable[[Build, Operation], Any]] = {
    kind: partial(recurrent, kind) for kind in CELLS
}
