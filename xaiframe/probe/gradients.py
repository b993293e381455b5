"""The gradient bank: scores and gradients of the target output, in bounded batches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.probe.bank import Bank


class GradientBank(Bank):
    """Scores and input gradients for one batch of n instances.

    Nothing is kept but what is asked for: methods that need many points walk through them in
    :meth:`chunks` and keep running sums. Works on the device of ``scorer.module``, also inside
    ``torch.no_grad`` and ``torch.inference_mode``.
    """

    @property
    def module(self) -> torch.nn.Sequential:
        """``(n, *input_shape)`` → ``(n, classes)`` on the declared scale."""
        return self.scorer.module

    @property
    def device(self) -> torch.device:
        return self.scorer.model.device

    @cached_property
    def inputs(self) -> Tensor:
        """``(n, *input_shape)`` float32: ``x`` on the model's device."""
        return self.tensor(self.x)

    @cached_property
    def at_input(self) -> tuple[Tensor, Tensor]:
        """Scores ``(n,)`` and gradients ``(n, *input_shape)`` at the instances themselves."""
        scores, gradients = self.gradients(self.inputs[:, None])
        return scores[:, 0], gradients[:, 0]

    @cached_property
    def full(self) -> Array:
        """``(n,)`` float64: score(x)."""
        return self.at_input[0].cpu().numpy().astype(np.float64)

    @cached_property
    def background_scores(self) -> Array:
        """``(n, m)`` float64: score of each background row at each instance's target."""
        self.evaluations += len(self.reference.background)
        return np.asarray(self.scorer.outputs(self.reference.background).T[self.targets])

    @cached_property
    def empty(self) -> Array:
        """``(n,)`` float64: expected score of the background."""
        return np.asarray(self.background_scores @ self.reference.weights)

    def gradients(self, points: Tensor, positions: Array | None = None) -> tuple[Tensor, Tensor]:
        """Scores ``(p, k)`` and gradients ``(p, k, *input_shape)``, float32, at ``points``.

        ``points`` ``(p, k, *input_shape)`` belong to the instances at ``positions`` ``(p,)``, by
        default all n in order; the gradient is that of the instance's target score with respect
        to the input in the user's units.

        Raises NotApplicable when the model yields no gradient, ArithmeticError when one is not
        a finite number.
        """
        owners = np.arange(len(self)) if positions is None else np.asarray(positions)
        targets = self.tensor(np.repeat(self.targets[owners], points.shape[1]), torch.int64)
        rows = points.reshape(-1, *self.x.shape[1:])
        step = self.scorer.max_batch
        parts = [
            self._differentiate(rows[i : i + step], targets[i : i + step])
            for i in range(0, len(rows), step)
        ]
        scores, slopes = (torch.cat(part) for part in zip(*parts, strict=True))
        return scores.reshape(points.shape[:2]), slopes.reshape(points.shape)

    def chunks(self, points: int, instances: int) -> Iterator[range]:
        """``range(points)`` in pieces such that ``instances`` of each piece fit one batch."""
        step = max(1, self.scorer.max_batch // instances)
        for start in range(0, points, step):
            yield range(start, min(points, start + step))

    def tensor(self, array: Array, dtype: torch.dtype = torch.float32) -> Tensor:
        """A copy of ``array`` on the model's device."""
        return torch.tensor(np.asarray(array), dtype=dtype, device=self.device)

    def _differentiate(self, rows: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        self.evaluations += len(rows)
        with torch.inference_mode(False), torch.enable_grad():
            leaf = rows.detach().clone().requires_grad_(True)
            # The model gets a copy: a first layer that works in place must not write on the leaf.
            outputs = self.module(leaf.clone())
            if not outputs.requires_grad:
                raise NotApplicable("the model's output does not follow its input differentiably")
            scores = outputs.gather(1, targets.clone()[:, None])[:, 0]
            (slopes,) = torch.autograd.grad(scores.sum(), leaf, allow_unused=True)
        if slopes is None:
            raise NotApplicable("the model yields no gradient with respect to its input")
        if not bool(torch.isfinite(slopes).all()):
            raise ArithmeticError("the gradient at some point is not a finite number")
        return scores.detach(), slopes
