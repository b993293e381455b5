"""The gradient bank: scores and gradients of the target output, in bounded batches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.memory import in_batches
from xaiframe.model.network import Embedding
from xaiframe.probe.bank import Bank

EMBEDDED_ROWS = 256
"""Training rows whose words say how far an embedding's dimensions spread."""


class GradientBank(Bank):
    """Scores and input gradients for one batch of n instances.

    Gradients are taken in the ``space`` of the module's inputs: ``input_shape``, or where the
    model begins with an :class:`Embedding`, ``(dimensions, positions)`` behind it, because a
    word's number has no gradient. :meth:`fold` brings an answer back to ``input_shape``.

    Nothing is kept but what is asked for: methods that need many points walk through them in
    :meth:`chunks` and keep running sums. Works on the device of ``scorer.module``, also inside
    ``torch.no_grad`` and ``torch.inference_mode``.
    """

    @cached_property
    def answered(self) -> dict[Any, Any]:
        """What was asked already and serves several methods, by what was asked."""
        return {}

    @cached_property
    def embedding(self) -> nn.Module | None:
        """The layer that turns the model's inputs into the space of the gradients, if any."""
        first = next(iter(self.scorer.module), None)
        return first if isinstance(first, Embedding) else None

    @cached_property
    def module(self) -> nn.Sequential:
        """``(n, *space)`` → ``(n, classes)`` on the declared scale."""
        whole = self.scorer.module
        return whole if self.embedding is None else nn.Sequential(*list(whole)[1:])

    @cached_property
    def device(self) -> torch.device:
        return next((one.device for one in self.scorer.module.parameters()), torch.device("cpu"))

    @cached_property
    def inputs(self) -> Tensor:
        """``(n, *space)`` float32: the instances on the model's device."""
        return self.embed(self.x)

    @cached_property
    def background(self) -> Tensor:
        """``(m, *space)`` float32: the reference's background rows."""
        return self.embed(self.reference.background)

    @cached_property
    def baseline(self) -> Tensor:
        """``space`` float32: the weighted mean of the background."""
        weights = torch.as_tensor(self.reference.weights, device=self.device)
        return torch.tensordot(weights, self.background.double(), dims=1).float()

    @cached_property
    def scale(self) -> Array:
        """``space``: standard deviation of each element on the training split."""
        return self.data.scale if self.embedding is None else self._embedded(Tensor.std)

    @cached_property
    def extent(self) -> Array:
        """``space``: largest minus smallest value of each element on the training split."""
        if self.embedding is None:
            return self.data.extent
        return self._embedded(Tensor.amax) - self._embedded(Tensor.amin)

    @cached_property
    def lowest(self) -> Array:
        """``space``: smallest value of each element on the training split."""
        return self.data.lowest if self.embedding is None else self._embedded(Tensor.amin)

    def embed(self, x: Array) -> Tensor:
        """``(n, *space)`` of ``x`` ``(n, *input_shape)``."""
        rows = self.tensor(x)
        if self.embedding is None:
            return rows
        with torch.inference_mode(False), torch.no_grad():
            return self.embedding(rows)

    def fold(self, values: Array, norm: bool = False) -> Array:
        """``(n, *input_shape)`` from ``values`` ``(n, *space)``: summed over the dimensions of an
        embedding, or their Euclidean norm where ``norm``, since a rate of change per dimension
        has no common sign (Li et al. 2016, arXiv:1506.01066)."""
        if self.embedding is None:
            return values
        return np.sqrt((values**2).sum(axis=1)) if norm else np.asarray(values.sum(axis=1))

    def fold_each(self, values: Array) -> Array:
        """``(n, k, *input_shape)`` from ``(n, k, *space)``: :meth:`fold` without a norm."""
        return values if self.embedding is None else np.asarray(values.sum(axis=2))

    def _embedded(self, statistic: Any) -> Array:
        """A statistic of each dimension over the words of some training rows, for all positions."""
        rows = self.embed(self.data.train.x[:EMBEDDED_ROWS]).movedim(1, 0).flatten(1)
        found = statistic(rows, dim=1)[:, None]
        return np.broadcast_to(found.cpu().numpy(), self.inputs.shape[1:]).copy()

    def moved(self, points: Tensor) -> GradientBank:
        """A bank of the instances at ``points`` ``(n, k, *space)``, each k times in turn."""
        copies = points.shape[1]
        inputs = points.reshape(-1, *points.shape[2:])
        x, targets, ids, masks = (
            np.repeat(one, copies, axis=0)
            for one in (self.x, self.targets, self.ids, self.feature_mask)
        )
        x = inputs.cpu().numpy() if self.embedding is None else x
        mask = masks if self.own_features else None
        bank = GradientBank(self.scorer, self.data, x, targets, ids, self.seed, mask)
        bank.inputs = inputs
        return bank

    @cached_property
    def at_input(self) -> tuple[Tensor, Tensor]:
        """Scores ``(n,)`` and gradients ``(n, *space)`` at the instances themselves."""
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
        """Scores ``(p, k)`` and gradients ``(p, k, *space)``, float32, at ``points``.

        ``points`` ``(p, k, *space)`` belong to the instances at ``positions`` ``(p,)``, by
        default all n in order; the gradient is that of the instance's target score with respect
        to the input in the user's units.

        Raises NotApplicable when the model yields no gradient, ArithmeticError when one is not
        a finite number.
        """
        owners = np.arange(len(self)) if positions is None else np.asarray(positions)
        targets = self.tensor(np.repeat(self.targets[owners], points.shape[1]), torch.int64)
        rows = points.reshape(-1, *points.shape[2:])
        parts = in_batches(
            self.scorer, len(rows), lambda part: self._differentiate(rows[part], targets[part])
        )
        scores, slopes = (torch.cat(part) for part in zip(*parts, strict=True))
        return scores.reshape(points.shape[:2]), slopes.reshape(points.shape)

    def chunks(self, points: int, instances: int) -> Iterator[range]:
        """``range(points)`` in pieces such that ``instances`` of each piece fit one batch."""
        start = 0
        while start < points:
            stop = min(points, start + max(1, self.scorer.max_batch // instances))
            yield range(start, stop)
            start = stop

    def tensor(self, array: Array, dtype: torch.dtype = torch.float32) -> Tensor:
        """A copy of ``array`` on the model's device."""
        return torch.tensor(np.asarray(array), dtype=dtype, device=self.device)

    def _differentiate(self, rows: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
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
        self.evaluations += len(rows)
        return scores.detach(), slopes
