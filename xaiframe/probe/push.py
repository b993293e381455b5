"""DeepFool: the smallest push across a boundary, step by linear step, in standard deviations."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from xaiframe.explanation import Array
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.movable import ends
from xaiframe.probe.wanted import Wanted

BEYOND = 1.02
"""How much farther than the boundary each step goes, so as to come across it."""
CLEAR = 1.0001
"""How much farther than the boundary the answer lies, so that no rounding takes it back."""
TINY = 1e-30


class Push:
    """Moosavi-Dezfooli, Fawzi & Frossard 2016 (arXiv:1511.04599) for the instances of a bank.

    free: ``(n, *input_shape)`` bool, what may move. now: ``(n, outputs)`` what is answered to the
    instances. norm: of the push, over elements in standard deviations. steps: at most. rivals:
    other classes that are tried. halvings: of the way back to the boundary.
    """

    def __init__(
        self, bank: GradientBank, wanted: Wanted, free: Array, now: Array,
        norm: Literal["l2", "linf"], steps: int, rivals: int, halvings: int,
    ) -> None:  # fmt: skip
        self.bank, self.wanted, self.now = bank, wanted, now
        self.norm, self.steps, self.halvings = norm, steps, halvings
        self.scale = bank.data.scale * free
        low, high = ends(bank.data, bank.x)
        self.low, self.high, self.step = (bank.tensor(one) for one in (low, high, self.scale))
        self.candidates = candidates(now, wanted, rivals)

    def found(self, positions: Array) -> Array:
        """``(p, *input_shape)``: the altered inputs, as they are where the steps did not do."""
        points = self.bank.tensor(self.bank.x[positions])
        live = np.arange(len(positions))
        for _ in range(self.steps):
            if not len(live):
                break
            chosen = positions[live]
            need, slopes = self._linear(points[live], chosen)
            left = need > 0
            step = self._across(points[live], chosen, need, slopes)
            moved = torch.minimum(
                torch.maximum(points[live] + step, self.low[chosen]), self.high[chosen]
            )
            points[live[left]] = moved[torch.as_tensor(left)]
            live = live[left]
        return self._back(positions, points.cpu().numpy())

    def _linear(self, points: Tensor, positions: Array) -> tuple[Array, Tensor]:
        """``(p,)`` by how much the lead misses 0 in a linear view, and ``(p, *input_shape)`` its
        slope per standard deviation towards the boundary that is stepped across."""
        own = self.candidates[positions]
        count = own.shape[1]
        rows = np.repeat(positions, count)
        aimed = GradientBank(
            self.bank.scorer, self.bank.data, self.bank.x[rows], own.reshape(-1),
            self.bank.ids[rows], self.bank.seed,
        )  # fmt: skip
        repeated = points.repeat_interleave(count, dim=0)
        scores, slopes = aimed.gradients(repeated[:, None])
        self.bank.evaluations += aimed.evaluations
        values = scores.reshape(len(points), count).cpu().numpy().astype(np.float64)
        slopes = slopes.reshape(len(points), count, *points.shape[1:])
        slopes = slopes * self.step[positions][:, None]
        need, ways = self._needs(values, slopes, positions)
        reach = self._dual(self._inside(ways, points, positions)).cpu().numpy()
        far = np.where(reach > 0, need / np.maximum(reach, TINY), np.inf)
        several = self.wanted.into is not None
        best = np.where(need > 0, far, -np.inf).argmax(axis=1) if several else far.argmin(axis=1)
        at = np.arange(len(points))
        # Any rival ahead ends it; a declared class must be ahead of all.
        missing = need.max(axis=1) if several else need.min(axis=1)
        return np.where(missing > 0, need[at, best], 0.0), ways[at, torch.as_tensor(best)]

    def _needs(self, values: Array, slopes: Tensor, positions: Array) -> tuple[Array, Tensor]:
        """``(p, k)`` what each boundary misses, and the slopes ``(p, k, *input_shape)`` across."""
        if self.wanted.classes:
            sign = -1 if self.wanted.into is None else 1
            need = sign * (values[:, 1:] - values[:, :1])
            return need, -sign * (slopes[:, 1:] - slopes[:, :1])
        ends_ = np.array([self.wanted.reach(self.now[one]) for one in positions])
        need = np.stack([ends_[:, 0] - values[:, 0], values[:, 0] - ends_[:, 1]], axis=1)
        if self.wanted.between:
            return need.max(axis=1, keepdims=True), torch.where(
                torch.as_tensor(need[:, 0] > need[:, 1]).reshape(-1, *[1] * (slopes.ndim - 1)),
                slopes, -slopes,
            )  # fmt: skip
        return need, torch.cat([slopes, -slopes], dim=1)

    def _inside(self, ways: Tensor, points: Tensor, positions: Array) -> Tensor:
        """The ways without elements that are at their end already."""
        at_high = (points >= self.high[positions])[:, None] & (ways > 0)
        at_low = (points <= self.low[positions])[:, None] & (ways < 0)
        return torch.where(at_high | at_low, 0.0, ways)

    def _dual(self, ways: Tensor) -> Tensor:
        """``(p, k)`` how fast the lead grows per unit of the norm."""
        flat = ways.flatten(2).double()
        return flat.norm(dim=2) if self.norm == "l2" else flat.abs().sum(dim=2)

    def _across(self, points: Tensor, positions: Array, need: Array, way: Tensor) -> Tensor:
        """The step to the boundary and a little beyond, in the user's units."""
        way = self._inside(way[:, None], points, positions)
        reach = self._dual(way)[:, 0]
        ratio = torch.as_tensor(need, device=reach.device) * BEYOND / reach.clamp(min=TINY)
        if self.norm == "l2":
            ratio, along = ratio / reach.clamp(min=TINY), way[:, 0]
        else:
            along = way[:, 0].sign()
        size = ratio.float().reshape(-1, *[1] * (points.ndim - 1))
        return torch.where(size.isfinite(), size * along * self.step[positions], 0.0)

    def _back(self, positions: Array, found: Array) -> Array:
        """Between the instance and what was found, as near to the instance as does it."""
        x = self.bank.x[positions]
        low, high = np.zeros(len(x)), np.ones(len(x))
        shape = (-1, *[1] * (x.ndim - 1))
        for _ in range(self.halvings):
            middle = (low + high) / 2
            tried = (x + middle.reshape(shape) * (found - x)).astype(np.float32)
            turned = self._turned(positions, tried)
            low, high = np.where(turned, low, middle), np.where(turned, middle, high)
        share = np.minimum(high * CLEAR, 1.0).reshape(shape)
        return (x + share * (found - x)).astype(np.float32)

    def _turned(self, positions: Array, x: Array) -> Array:
        outputs = self.bank.scorer.outputs(x)
        return np.array(
            [self.wanted.lead(one[None], self.now[at])[0] > 0
             for one, at in zip(outputs, positions, strict=True)]
        )  # fmt: skip

    def size(self, moved: Array) -> float:
        """The norm of a move ``input_shape``, in standard deviations."""
        flat = (moved / self.bank.data.scale).reshape(-1).astype(np.float64)
        return float(np.linalg.norm(flat, 2 if self.norm == "l2" else np.inf))

    def changes(self, position: int, after: Array) -> list[tuple[str, float, float, float]]:
        """Per moved feature its name, of a number before and after, and the norm of its part."""
        bank, data = self.bank, self.bank.data
        before = bank.x[position]
        mask = bank.feature_mask[position] if bank.own_features else bank.feature_mask
        moved, told = after - before, []
        for feature in np.unique(mask[moved != 0]).tolist():
            own = mask == feature
            number = data.modality == "table"
            values = (float(one[own][0]) if number else np.nan for one in (before, after))
            told.append((data.features[feature], *values, self.size(np.where(own, moved, 0))))
        return told


def candidates(now: Array, wanted: Wanted, rivals: int) -> Array:
    """``(n, k)`` outputs whose slopes are asked for: the one to be left or to be reached, then the
    others with the highest scores."""
    if not wanted.classes:
        return np.zeros((len(now), 1), dtype=np.int64)
    first = now.argmax(axis=1) if wanted.into is None else np.full(len(now), wanted.into)
    ranked = np.argsort(-now, axis=1, kind="stable")
    others = [[k for k in row if k != own][:rivals] for row, own in zip(ranked, first, strict=True)]
    return np.concatenate([first[:, None], np.array(others)], axis=1)
