"""Where a network stood on the way of its fit: a few checkpoints with their learning rates."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaiframe.data.face import Split


@dataclass(frozen=True)
class Step:
    """The network's ``state`` after an ``epoch`` (from 1), and the learning rate that led there."""

    epoch: int
    learning_rate: float
    state: Mapping[str, Tensor]


@dataclass(frozen=True)
class Trail:
    """steps: in the order of the fit, the last one is the model itself.

    learnt
        the rows that the fit learnt from, where repairs made them others than the training split.
    lost
        whether such repairs made rows that are not at hand.
    """

    steps: tuple[Step, ...] = ()
    learnt: Split | None = None
    lost: bool = False


def packed(steps: Sequence[Step]) -> bytes:
    """The steps as bytes that :func:`unpacked` reads without running code."""
    buffer = io.BytesIO()
    told = [(one.epoch, one.learning_rate, dict(one.state)) for one in steps]
    torch.save(told, buffer)
    return buffer.getvalue()


def unpacked(stored: bytes) -> tuple[Step, ...]:
    """What :func:`packed` wrote; only tensors and numbers are read."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return tuple(Step(*one) for one in torch.load(io.BytesIO(stored), weights_only=True))
