"""Climbing: the input within the data's range at which an output is largest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from xaiframe.data.face import Data
from xaiframe.explanation import Array

MOMENTS, SMALL = (0.9, 0.999), 1e-8
"""Adam's, as published (Kingma & Ba 2014, arXiv:1412.6980)."""


@dataclass(frozen=True)
class Box:
    """What an input may hold: ``low`` and ``high`` of ``input_shape``, the range of each element of
    a table, of each channel of a series, of all pixels of an image on the training split."""

    low: Array
    high: Array

    @classmethod
    def of(cls, data: Data) -> Box:
        x = data.train.x
        axes = {"image": None, "series": (0, *range(2, x.ndim))}.get(data.modality, 0)
        shape = (-1, *([1] * (x.ndim - 2))) if data.modality == "series" else ()
        ends = [np.asarray(end(x, axis=axes)).reshape(shape or np.shape(end(x, axis=axes)))
                for end in (np.min, np.max)]  # fmt: skip
        low, high = (np.broadcast_to(end, data.input_shape).astype(np.float32) for end in ends)
        return cls(low, high)


def blurred(x: Tensor, spread: float) -> Tensor:
    """``(n, channels, *places)`` averaged with a bell of standard deviation ``spread``, in places;
    an average of values within a range stays within it."""
    reach = math.ceil(3 * spread)
    bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=x.device) / spread) ** 2)
    bell = (bell / bell.sum()).to(x.dtype)
    for axis in range(2, x.ndim):
        moved = x.movedim(axis, -1)
        flat = functional.pad(moved.reshape(-1, 1, moved.shape[-1]), (reach, reach), "replicate")
        x = functional.conv1d(flat, bell[None, None]).reshape(moved.shape).movedim(-1, axis)
    return x


@dataclass(frozen=True)
class Climb:
    """Adam in standard deviations, kept within the box after each of ``steps``; the step begins at
    ``rate`` and falls to nothing along half a cosine.

    reach: how many standard deviations from the start an element of average slope comes to rest, on
    a score that rises as steeply everywhere as at the start; 0 for no pull back.
    spread: of the blur, in places; 0 for none.
    """

    box: Box
    scale: Array
    steps: int
    rate: float
    reach: float
    spread: float

    def __call__(self, module: nn.Module, start: Array, outputs: Array, signs: Array) -> Array:
        """``(k, *input_shape)`` from ``start`` ``(input_shape)``: where ``signs`` times the score
        of each of ``outputs`` ``(k,)`` is large."""
        device = next((one.device for one in module.parameters()), torch.device("cpu"))
        with torch.inference_mode(False), torch.enable_grad():
            low, high, scale, first = (
                torch.as_tensor(np.array(one), dtype=torch.float32, device=device)
                for one in (self.box.low, self.box.high, self.scale, start)
            )
            first = first.clamp(low, high)
            number = torch.as_tensor(outputs, device=device)[:, None]
            way = torch.as_tensor(signs, dtype=torch.float32, device=device)
            x = first.expand(len(outputs), *first.shape).clone()
            mean, square = torch.zeros_like(x), torch.zeros_like(x)
            pull = torch.zeros_like(way)[(...,) + (None,) * first.ndim]
            for step in range(self.steps):
                leaf = x.clone().requires_grad_(True)
                seen = self.seen(leaf)
                scores = way * module(seen).gather(1, number)[:, 0]
                (slope,) = torch.autograd.grad(scores.sum(), leaf)
                slope = slope * scale
                if step == 0 and self.reach:
                    average = (slope**2).flatten(1).mean(dim=1).sqrt()
                    pull = (average / self.reach).reshape(-1, *[1] * first.ndim)
                slope = slope - pull * (x - first) / scale
                mean = MOMENTS[0] * mean + (1 - MOMENTS[0]) * slope
                square = MOMENTS[1] * square + (1 - MOMENTS[1]) * slope**2
                even = mean / (1 - MOMENTS[0] ** (step + 1))
                size = (square / (1 - MOMENTS[1] ** (step + 1))).sqrt() + SMALL
                pace = self.rate * (1 + math.cos(math.pi * step / self.steps)) / 2
                x = (x + pace * scale * even / size).clamp(low, high)
            return np.asarray(self.seen(x).detach().clamp(low, high).cpu().numpy())

    def seen(self, x: Tensor) -> Tensor:
        """What the model gets."""
        return blurred(x, self.spread) if self.spread else x
