"""Asking a rewritten copy of the model layer by layer, in bounded batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, fx

from xaiframe.explanation import Array
from xaiframe.model.memory import in_batches
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.rewrite import simplify, verify

HOOKED = "Setting (forward, backward|backward) hooks"
"""How captum begins to say that it lays hooks on the model: here it is a copy."""


def copy_of(bank: GradientBank) -> fx.GraphModule:
    """A copy of the bank's module with every activation a layer of its own (:func:`simplify`).

    Raises NotApplicable where there is none to be had.
    """
    network = simplify(bank.module)

    def held(part: slice) -> None:
        verify(network, bank.module, bank.inputs[part])

    next(in_batches(bank.scorer, 1, held))
    return network


def by_batch(bank: GradientBank, ask: Callable[[Tensor, Tensor], Tensor], rows: int = 1) -> Array:
    """``(n, …)`` float64: ``ask(inputs, targets)`` for all instances, gradients on.

    ``inputs`` ``(b, *space)`` are a leaf that wants its gradient, ``targets`` ``(b,)``; ``rows``
    is how many ``ask`` sends through the model at once for each instance.
    """
    targets = bank.tensor(bank.targets, torch.int64)

    def answer(part: slice) -> Array:
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            warnings.catch_warnings(),
        ):
            warnings.filterwarnings("ignore", message=HOOKED, category=UserWarning)
            leaf = bank.inputs[part].clone().requires_grad_(True)
            found = ask(leaf, targets[part].clone())
        return np.asarray(found.detach().cpu().numpy())

    return np.concatenate(list(in_batches(bank.scorer, len(bank), answer, rows))).astype(np.float64)
