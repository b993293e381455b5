"""One face for every model: outputs for a batch, the task, the torch module where there is one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import nn

from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.memory import in_batches
from xaiframe.model.trail import Trail
from xaiframe.store import digest

Output = Literal["logit", "probability"]
SMALLEST = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""
TOTAL = 1e-3
"""How far the probabilities of one row may sum from 1."""


class Model(ABC):
    """A model that can be asked, as the probes see it.

    task, classes
        ``classification`` with the class names in the order of the outputs, or ``regression``.
    provides
        what methods may ask of it beyond outputs: gradient, layers, convolution, attention,
        trees.
    gives
        what :meth:`raw` puts out: ``logit``, ``probability`` (rows sum to 1) or ``value``.
    evaluations
        rows that were asked so far; ``max_batch`` the most that are asked at once, lowered where
        memory runs out.
    """

    task: str
    classes: tuple[str, ...]
    provides: tuple[str, ...]
    gives: Literal["logit", "probability", "value"]
    max_batch: int
    evaluations: int = 0
    lowered: bool = False
    """Whether memory ran out and ``max_batch`` is what it bore since."""
    module: nn.Module | None = None
    brought: bool = False
    """Whether it came trained: no row of the data is known to have trained it."""
    trail: Trail | None = None
    """Checkpoints of its fit, where it was fitted here and some method asked for them."""
    repeat_difference: float | None = None
    """Largest difference between two answers to one row, for a model that asks only once."""
    notices: tuple[str, ...] = ()
    """What a person should know about how the model was taken in, e.g. what it cannot offer."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """What decides the answers: of parameters and buffers, or of the file or service."""

    @abstractmethod
    def _answer(self, x: Array) -> Array:
        """:meth:`raw` of at most ``max_batch`` rows."""

    @property
    def retries(self) -> int:
        """Requests that had to be repeated so far, of a model behind a network."""
        return 0

    @property
    def outputs(self) -> int:
        """Columns of :meth:`raw`."""
        return max(len(self.classes), 1)

    def at_most(self, rows: int) -> None:
        """Ask ``rows`` at once, or fewer where memory ran out before."""
        self.max_batch = min(self.max_batch, rows) if self.lowered else rows

    def lower(self, rows: int) -> None:
        """Ask no more than ``rows`` at once, for good: memory ran out."""
        self.max_batch, self.lowered = min(self.max_batch, rows), True

    def raw(self, x: Array) -> Array:
        """``(n, classes)`` what the model gives, or ``(n, 1)`` for regression."""
        self.evaluations += len(x)
        parts = list(in_batches(self, len(x), lambda part: self._answer(x[part])))
        return np.concatenate(parts) if parts else np.empty((0, self.outputs))

    def probabilities(self, x: Array) -> Array:
        """``(n, classes)`` float64, rows sum to 1; classification only."""
        raw = self.raw(x).astype(np.float64)
        return raw if self.gives == "probability" else softmax(raw)

    def predictions(self, x: Array) -> Array:
        """``(n,)`` predicted class indices, or values for regression."""
        raw = self.raw(x)
        return raw.argmax(axis=1) if self.task == "classification" else raw[:, 0]

    def scores(self, x: Array, output: Output) -> Array:
        """``(n, classes)`` float64 scores that both directions explain.

        ``logit``: each class's logit less the mean of the others'; with two classes that is the
        log-odds. A softmax does not fix a common shift of its logits, so a single raw logit would
        explain what no probability depends on. A model that gives probabilities only is explained
        by their logarithms, which differ from its logits by such a shift, after keeping them at
        least 1e-6 from 0. ``probability``: the probabilities. For regression the value.
        """
        raw = self.raw(x).astype(np.float64)
        if self.task == "regression":
            return raw
        if output == "probability":
            return raw if self.gives == "probability" else softmax(raw)
        logits = np.log(np.maximum(raw, SMALLEST)) if self.gives == "probability" else raw
        count = logits.shape[1]
        return np.asarray(logits - (logits.sum(axis=1, keepdims=True) - logits) / (count - 1))


class WhiteBox(Model):
    """A torch module that maps float32 ``(n, *input_shape)`` in the user's units to raw logits
    ``(n, classes)``, or ``(n, 1)`` for regression; in evaluation mode, without parameter gradients.

    identity
        what decides the answers beside parameters and buffers: the file that was brought, whose
        weights do not say how they are used.
    """

    module: nn.Module

    def __init__(
        self,
        module: nn.Module,
        task: str,
        classes: tuple[str, ...],
        provides: tuple[str, ...],
        max_batch: int = 8192,
        identity: object = "",
    ) -> None:
        self.identity = identity
        self.module = module.eval().requires_grad_(False)
        self.task, self.classes = task, classes
        self.provides, self.max_batch = provides, max_batch
        self.gives = "logit" if task == "classification" else "value"

    @property
    def device(self) -> torch.device:
        tensors = (*self.module.parameters(), *self.module.buffers())
        return tensors[0].device if tensors else torch.device("cpu")

    @property
    def digest(self) -> str:
        state = self.module.state_dict()
        own = digest({name: value.cpu().numpy() for name, value in state.items()})
        return digest(own, self.identity) if self.identity else own

    def _answer(self, x: Array) -> Array:
        with torch.no_grad():
            # a copy: a first layer that works in place must not write on the caller's rows
            rows = torch.from_numpy(np.array(x, dtype=np.float32, order="C")).to(self.device)
            return np.asarray(self.module(rows).cpu().numpy())

    def score_module(self, output: Output) -> nn.Sequential:
        """The module that both directions explain: :meth:`Model.scores` as layers.

        The layers are flattened into one Sequential where the model is one.
        """
        layers = list(self.module) if isinstance(self.module, nn.Sequential) else [self.module]
        if self.task == "classification" and output == "probability":
            layers.append(nn.Softmax(dim=1))
        elif self.task == "classification":
            layers.append(contrast(len(self.classes)).to(self.device))
        return nn.Sequential(*layers).eval()


class BlackBox(Model):
    """A model that only answers.

    answer
        ``(n, *input_shape)`` float32 → ``(n, classes)`` or ``(n, 1)``, columns in the order of
        ``classes``. What it returns is checked on every call: shape, finite numbers, rows of
        probabilities that sum to 1 within 0.001; :class:`ModelError` names the first row at fault.
    place
        how an error names the model, e.g. its file or address.
    identity
        what decides the answers (a file's sha256, an address and version): the digest is of it,
        not of where a file lies.
    """

    def __init__(
        self,
        answer: Callable[[Array], Array],
        task: str,
        classes: tuple[str, ...],
        gives: Literal["logit", "probability", "value"] = "probability",
        provides: tuple[str, ...] = (),
        place: str = "model",
        identity: object = "",
        max_batch: int = 8192,
    ) -> None:
        self.answer, self.task, self.classes = answer, task, classes
        self.gives = "value" if task == "regression" else gives
        self.provides, self.place, self.identity = provides, place, identity
        self.max_batch = max_batch

    @cached_property
    def digest(self) -> str:
        return digest(self.identity, self.task, self.classes, self.gives)

    def _answer(self, x: Array) -> Array:
        found = np.asarray(self.answer(np.asarray(x, dtype=np.float32)))
        problem = self._fault(found, len(x))
        if problem:
            raise ModelError(problem)
        return found.astype(np.float64)

    def _fault(self, found: Array, rows: int) -> Problem | None:
        wanted = (rows, self.outputs)
        if found.shape != wanted or found.dtype.kind not in "fiu":
            message = f"it answered {found.dtype} of shape {found.shape}"
            return Problem(self.place, message, f"numbers of shape {wanted}")
        broken = np.flatnonzero(~np.isfinite(found).all(axis=1))
        if len(broken):
            message = f"its answer to row {broken[0] + 1} of the batch is not a finite number"
            return Problem(self.place, message, f"{len(broken)} of {rows} rows are like that")
        if self.gives != "probability":
            return None
        wrong = np.flatnonzero((np.abs(found.sum(axis=1) - 1) > TOTAL) | (found < 0).any(axis=1))
        if not len(wrong):
            return None
        listed = ", ".join(f"{value:.4g}" for value in found[wrong[0]])
        message = f"its answer to row {wrong[0] + 1} of the batch, {listed}, is no probability"
        return Problem(self.place, message, "at least 0 each, together 1; or set gives: logit")


def softmax(logits: Array) -> Array:
    """``(n, classes)`` float64, each row positive with sum 1."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def contrast(classes: int) -> nn.Linear:
    """The fixed linear layer that holds each logit against the mean of the others."""
    # A weight made in inference mode could never take part in a backward pass.
    with torch.inference_mode(False):
        layer = nn.Linear(classes, classes, bias=False)
        others = (1 - torch.eye(classes)) / (classes - 1)
        layer.weight = nn.Parameter(torch.eye(classes) - others, requires_grad=False)
    return layer
