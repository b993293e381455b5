"""Adversarial training: part of every batch is moved to where the network errs most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.repair.numbers import Numbers
from xaiframe.repair.repaired import Conduct, Loss, Repaired


@dataclass(frozen=True)
class Examples:
    """Rows of a batch moved uphill in the loss, within ``reach`` of where they stand.

    reach, low, high: ``input_shape``; how far each element may move (0: not at all), and the range
    it stays in. gap: ``input_shape`` of int, the flat element that says this one is missing, −1.
    """

    share: float
    steps: int
    radius: float
    reach: Tensor = field(repr=False)
    low: Tensor = field(repr=False)
    high: Tensor = field(repr=False)
    gap: Tensor = field(repr=False)

    def __call__(self, network: nn.Module, x: Tensor, y: Tensor, loss: Loss) -> Tensor:
        """``x`` with its first rows (batches are shuffled) replaced by examples."""
        count = max(1, round(self.share * len(x)))
        start, target = x[:count].detach(), y[:count]
        reach = self.reach.to(x.device) * self._free(start)
        low, high = (
            torch.minimum(start, self.low.to(x.device)),
            torch.maximum(start, self.high.to(x.device)),
        )
        low, high = torch.maximum(low, start - reach), torch.minimum(high, start + reach)
        moved, training = start, network.training
        network.eval()  # dropout and batch statistics are the fit's, not the adversary's
        if self.steps > 1:
            moved = start + (2 * torch.rand_like(start) - 1) * reach
            moved = torch.clamp(moved, low, high)
        stride = reach if self.steps == 1 else 2.5 * reach / self.steps
        for _ in range(self.steps):
            leaf = moved.clone().requires_grad_()
            [slope] = torch.autograd.grad(loss(network(leaf), target), leaf)
            moved = torch.clamp(moved + stride * slope.sign(), low, high).detach()
        network.train(training)
        return torch.cat([moved, x[count:]])

    def _free(self, x: Tensor) -> Tensor:
        """1 for elements that may move; a number that stands in for a missing one may not."""
        flat, gap = x.flatten(1), self.gap.to(x.device).flatten()
        missing = (flat[:, gap.clamp(min=0)] > 0.5) & (gap >= 0)
        return (~missing).to(x.dtype).reshape(x.shape)


@dataclass(frozen=True)
class Adversarial:
    """Adversarial training with FGSM (one step: Goodfellow et al. 2015, arXiv:1412.6572) or PGD
    from a random start (more steps: Madry et al. 2018, arXiv:1706.06083), L∞.

    share
        of each batch that is replaced, in (0, 1].
    radius
        how far each element may move, in training standard deviations, above 0; it stays within
        the range that training shows. Of tables only numbers move.
    steps
        gradient steps per batch, at least 1; each costs a forward and a backward pass.
    """

    modalities = ("table", "image", "series")
    needs = ("gradient",)

    share: float = 0.5
    radius: float = 0.1
    steps: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"adversarial: share must be above 0 and at most 1, not {self.share}")
        if not self.radius > 0:
            raise ValueError(f"adversarial: radius must be above 0, not {self.radius}")
        if self.steps < 1:
            raise ValueError(f"adversarial: steps must be at least 1, not {self.steps}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """The rows as they are, with an attack on every batch; facts replaced_share, radius, steps,
        movable_elements. Raises NotApplicable where no input is a number."""
        if data.modality == "text":
            raise NotApplicable("the number of a word cannot move a little")
        free, gap = movable(data)
        if not free.any():
            raise NotApplicable("no input is a number that could move")
        reach = np.where(free, self.radius * data.scale, 0).astype(np.float32)
        attack = Examples(
            self.share,
            self.steps,
            self.radius,
            torch.as_tensor(reach),
            torch.as_tensor(train.x.min(axis=0)),
            torch.as_tensor(train.x.max(axis=0)),
            torch.as_tensor(gap),
        )
        facts = [
            Fact("replaced_share", self.share, "share", n=len(train)),
            Fact("radius", self.radius, "sd", n=len(train)),
            Fact("steps", self.steps, "steps"),
            Fact("movable_elements", int(free.sum()), "elements"),
        ]
        return Repaired(train, facts, conduct=Conduct(attack=attack))


def movable(data: Data) -> tuple[Array, Array]:
    """``input_shape``: which elements may move, and which flat element says one is missing."""
    size = int(np.prod(data.input_shape))
    free, gap = np.ones(size, dtype=bool), np.full(size, -1, dtype=np.int64)
    if data.modality == "table":
        found = Numbers.of(data)
        free[:] = False
        free[found.at], gap[found.at] = True, found.gap
    return free.reshape(data.input_shape), gap.reshape(data.input_shape)
