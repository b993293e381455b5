"""One face for every model: outputs for a batch, the task, the torch module where there is one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn

from xaiframe.explanation import Array

Output = Literal["logit", "probability"]


class Model:
    """A fitted model as the probes see it.

    ``module`` maps a float32 tensor ``(n, *input_shape)`` in the user's units to ``(n, classes)``
    raw logits, or ``(n, 1)`` for regression; it is in evaluation mode and its parameters need no
    gradient. ``provides`` says what methods may ask of it: gradient, convolution, layers.
    """

    def __init__(
        self,
        module: nn.Module,
        task: str,
        classes: tuple[str, ...],
        provides: tuple[str, ...],
        max_batch: int = 8192,
    ) -> None:
        self.module = module.eval().requires_grad_(False)
        self.task = task
        self.classes = classes
        self.provides = provides
        self.max_batch = max_batch
        self.evaluations = 0

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters()).device

    def raw(self, x: Array) -> Array:
        """``(n, classes)`` logits (or ``(n, 1)``), float32, in batches of at most ``max_batch``."""
        self.evaluations += len(x)
        with torch.no_grad():
            parts = [
                self.module(torch.from_numpy(np.array(rows)).to(self.device)).cpu()
                for rows in (x[i : i + self.max_batch] for i in range(0, len(x), self.max_batch))
            ]
        return torch.cat(parts).numpy() if parts else np.empty((0, max(len(self.classes), 1)))

    def probabilities(self, x: Array) -> Array:
        """``(n, classes)`` softmax of the logits, float64; classification only."""
        logits = self.raw(x).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        weights = np.exp(logits)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def predictions(self, x: Array) -> Array:
        """``(n,)`` predicted class indices, or values for regression."""
        raw = self.raw(x)
        return raw.argmax(axis=1) if self.task == "classification" else raw[:, 0]

    def score_module(self, output: Output) -> nn.Sequential:
        """The module that both directions explain: ``(n, *input_shape)`` → ``(n, classes)`` scores.

        ``logit``: each class's logit less the mean of the others' (a fixed linear layer); with
        two classes that is the log-odds. A softmax does not fix a common shift of its logits, so
        a single raw logit would explain what no probability depends on. For regression the
        value. ``probability``: softmax.
        The layers are flattened into one Sequential where the model is one.
        """
        layers = list(self.module) if isinstance(self.module, nn.Sequential) else [self.module]
        if self.task == "classification" and output == "probability":
            layers.append(nn.Softmax(dim=1))
        elif self.task == "classification":
            layers.append(contrast(len(self.classes)).to(self.device))
        return nn.Sequential(*layers).eval()


def contrast(classes: int) -> nn.Linear:
    """The fixed linear layer that holds each logit against the mean of the others."""
    # A weight made in inference mode could never take part in a backward pass.
    with torch.inference_mode(False):
        layer = nn.Linear(classes, classes, bias=False)
        others = (1 - torch.eye(classes)) / (classes - 1)
        layer.weight = nn.Parameter(torch.eye(classes) - others, requires_grad=False)
    return layer
