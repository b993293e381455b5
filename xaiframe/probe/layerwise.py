"""Asking a rewritten copy of the model layer by layer, in bounded batches."""

from __future__ import annotations

import copy
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

REWRITTEN = "rewritten"
"""Under this a scorer keeps its rewritten copy."""


def copy_of(bank: GradientBank) -> fx.GraphModule:
    """A copy of the bank's module with every activation a layer of its own (:func:`simplify`).

    The model is rewritten once for all batches of a scorer; who asks may change what it gets.
    Raises NotApplicable where there is none to be had.
    """
    kept, key = bank.scorer.kept, (REWRITTEN, bank.device)
    if key not in kept:
        network = simplify(bank.module)

        def held(part: slice) -> None:
            verify(network, bank.module, bank.inputs[part])

        next(in_batches(bank.scorer, 1, held))
        kept[key] = network
    return copy.deepcopy(kept[key])


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
