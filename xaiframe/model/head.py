"""A torch module that was brought, made to give one logit per class of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, fx, nn

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.face import SMALLEST, TOTAL, WhiteBox
from xaiframe.model.files.estimator import one_line
from xaiframe.model.outputs import class_order

Gives = Literal["logit", "probability"]
TRIED = 64
"""Training rows that a network is asked about when it is taken in."""
ALONE = 1e-4
"""Largest difference that rounding explains between a row's answer alone and among others."""


class Logarithm(nn.Module):
    """Probabilities ``(n, classes)`` to logits; a single one is that of the second class."""

    def forward(self, x: Tensor) -> Tensor:
        both = torch.cat([1 - x, x], dim=1) if x.shape[1] == 1 else x
        return torch.log(both.clamp(min=SMALLEST))


def take_in(
    module: nn.Module, place: str, data: Data, classes: Sequence[str], gives: Gives, identity: Any
) -> WhiteBox:
    """The module behind one face, tried on real rows.

    ``classes`` names its outputs in their order, empty for the data's; ``gives`` says whether they
    are logits or probabilities (a single one: of the second class). Raises :class:`ModelError`
    when it does not take the data's inputs, or its outputs are not those of the data.
    """
    module = module.eval().requires_grad_(False)
    answers = tried(module, place, data.train.x[:TRIED])
    behind: list[nn.Module] = []
    width = answers.shape[1]
    if data.task == "classification":
        check_scale(place, answers, gives)
        if gives == "probability":
            behind.append(Logarithm())
        outputs = max(width, 2) if gives == "probability" else width
        matrix = columns(place, outputs, classes, data)
        if not np.array_equal(matrix, np.eye(len(matrix))):
            behind.append(fixed(matrix))
    elif width != 1:
        raise ModelError(Problem(place, f"it puts out {width} numbers per row", "1 expected"))
    layers = list(module) if isinstance(module, nn.Sequential) else [module]
    whole = nn.Sequential(*layers, *behind) if behind else module
    known = (identity, list(classes), gives)
    return WhiteBox(whole, data.task, data.classes, offers(whole, data), identity=known)


def tried(module: nn.Module, place: str, x: Array) -> Array:
    """``(n, outputs)`` the module's own answers to ``x`` ``(n, *input_shape)``."""
    rows = torch.from_numpy(np.array(x, dtype=np.float32))
    try:
        with torch.no_grad():
            found, again, alone = (module(part.clone()) for part in (rows, rows, rows[:1]))
    except Exception as error:  # somebody else's forward pass: anything can come out of it
        shape = ", ".join(["n", *(str(size) for size in x.shape[1:])])
        message = f"it does not take inputs of shape ({shape}): {one_line(error)}"
        raise ModelError(Problem(place, message)) from error
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != len(x):
        what = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        hint = f"numbers of shape ({len(x)}, outputs)"
        raise ModelError(Problem(place, f"it puts out {what} for {len(x)} rows", hint))
    if not bool(torch.isfinite(found).all()):
        raise ModelError(Problem(place, "its answers are not all finite numbers"))
    pairs = ((found, again), (found[:1], alone))
    if not all(torch.allclose(one, other, rtol=ALONE, atol=ALONE) for one, other in pairs):
        message = "its answer to a row depends on chance or on the rows beside it"
        raise ModelError(Problem(place, message, "dropout and batch norm in evaluation mode"))
    return np.asarray(found.numpy(), dtype=np.float64)


def check_scale(place: str, answers: Array, gives: Gives) -> None:
    """Raise :class:`ModelError` where the answers belie what they are said to be."""
    between = bool(((answers >= 0) & (answers <= 1)).all())
    single = answers.shape[1] == 1
    likely = between and (single or np.abs(answers.sum(axis=1) - 1).max() <= TOTAL)
    if gives == "logit" and likely:
        message = "its outputs look like probabilities"
        raise ModelError(Problem(place, message, "set gives: probability"))
    if gives == "probability" and not likely:
        row = ", ".join(f"{value:.4g}" for value in answers[0])
        raise ModelError(Problem(place, f"{row} is no probability", "set gives: logit"))


def columns(place: str, outputs: int, classes: Sequence[str], data: Data) -> Array:
    """``(classes, outputs)`` how the data's logits are made of the module's; a single output is
    the log-odds of the second class."""
    wanted = len(data.classes)
    if outputs != wanted and not (outputs == 1 and wanted == 2):
        message = f"it puts out {outputs} numbers per row"
        raise ModelError(Problem(place, message, f"{wanted} expected, one per class"))
    order = class_order(place, classes, data) if classes else np.arange(wanted)
    made = np.array([[-0.5], [0.5]]) if outputs == 1 else np.eye(wanted)
    return made[order]


def fixed(matrix: Array) -> nn.Linear:
    """A linear layer that is no part of what was learnt: it never draws new weights."""
    layer = nn.Linear(matrix.shape[1], matrix.shape[0], bias=False)
    layer.weight = nn.Parameter(torch.tensor(matrix, dtype=torch.float32), requires_grad=False)
    layer.reset_parameters = None  # type: ignore[assignment,method-assign]
    return layer


def offers(module: nn.Module, data: Data) -> tuple[str, ...]:
    """What this very module provides: gradients that arrive, layers that can be told apart."""
    rows = torch.from_numpy(np.array(data.train.x[:2], dtype=np.float32)).requires_grad_()
    with torch.inference_mode(False), torch.enable_grad():
        if not module(rows).requires_grad:
            return ()
    found = ["gradient"]
    try:
        fx.Tracer().trace(module)
        found.append("layers")
    except Exception:  # tracing runs somebody else's code
        return tuple(found)
    if any(isinstance(one, (nn.Conv1d, nn.Conv2d)) for one in module.modules()):
        found.append("convolution")
    return tuple(found)
