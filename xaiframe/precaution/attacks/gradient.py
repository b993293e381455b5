"""Gradient attacks: the small change of an input that costs a white-box model most."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from captum.robust import FGSM, PGD
from torch import Tensor

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.face import WhiteBox
from xaiframe.model.memory import in_batches, out_of_memory
from xaiframe.precaution.attacks.room import Room

Attack = Callable[[Any, Any, Tensor, Tensor], Tensor]
"""Forward function, bound, start, target → where the attack ends."""


def fgsm(model: WhiteBox, x: Array, against: Array, room: Room, radius: Array) -> Array:
    """``(n, *input_shape)`` after one step of size ``radius`` ``(n,)`` along the gradient's sign
    (Goodfellow et al. 2015, arXiv:1412.6572), by captum."""

    def one_step(forward: Any, bound: Any, start: Tensor, target: Tensor) -> Tensor:
        attack = FGSM(forward, margins)
        attack.bound, attack.zero_thresh = bound, 0.0
        return attack.perturb(start, 1.0, target)

    return _moved(model, x, against, room, radius, one_step)


def pgd(model: WhiteBox, x: Array, against: Array, room: Room, radius: Array, steps: int) -> Array:
    """``(n, *input_shape)`` after ``steps`` such steps, each kept within ``radius`` ``(n,)``
    (Madry et al. 2018, arXiv:1706.06083: steps of 2.5 radius ÷ steps, started at the input), by
    captum."""

    def many_steps(forward: Any, bound: Any, start: Tensor, target: Tensor) -> Tensor:
        attack = PGD(forward, margins)
        attack.bound, attack.fgsm.zero_thresh = bound, 0.0
        return attack.perturb(start, 1.0, min(1.0, 2.5 / steps), steps, target)

    return _moved(model, x, against, room, radius, many_steps)


def margins(outputs: Tensor, target: Tensor) -> Tensor:
    """``(n,)`` what an attack makes large: the best other logit minus that of class ``target``
    ``(n,)``, which unlike a probability never saturates (Carlini & Wagner 2017, arXiv:1608.04644);
    for regression the value times the direction ``target``."""
    if outputs.shape[1] == 1:
        return outputs[:, 0] * target
    own = torch.nn.functional.one_hot(target, outputs.shape[1]).bool()
    return outputs.masked_fill(own, -torch.inf).amax(dim=1) - outputs[own]


def direction(data: Data, y: Array, told: Array) -> Array:
    """What :func:`margins` takes as target: the class, or the way that leads off the truth."""
    if data.task == "classification":
        return y.astype(np.int64)
    return np.where(told >= y, 1.0, -1.0).astype(np.float32)


def _moved(
    model: WhiteBox, x: Array, against: Array, room: Room, radius: Array, attack: Attack
) -> Array:
    """The attack in the unit of its radius, in bounded batches."""

    def moved(part: slice) -> Array:
        return _batch(model, x[part], against[part], room[part], radius[part], attack)

    parts = list(in_batches(model, len(x), moved))
    return np.concatenate(parts) if parts else x


def _batch(
    model: WhiteBox, x: Array, against: Array, room: Room, radius: Array, attack: Attack
) -> Array:
    with torch.inference_mode(False), torch.enable_grad():
        size = radius.reshape(-1, *[1] * (x.ndim - 1))
        base, step, low, high, target = (
            torch.tensor(np.asarray(one), device=model.device)
            for one in (x, (room.step * size).astype(np.float32), room.low, room.high, against)
        )

        ends = [torch.where(step > 0, (end - base) / step, 0.0) for end in (low, high)]

        def forward(moved: Tensor) -> Tensor:
            model.evaluations += len(moved)
            return model.module(base + step * moved)

        try:
            with warnings.catch_warnings():
                # captum detaches between steps, then warns that gradients must be asked for again
                warnings.filterwarnings("ignore", "Input Tensor 0 did not already require grad")
                moved = attack(forward, lambda z: z.clamp(*ends), torch.zeros_like(base), target)
        except RuntimeError as error:
            if out_of_memory(error):
                raise
            message = "the model's output does not follow its input differentiably"
            raise NotApplicable(message) from error
        return np.asarray((base + step * moved.detach()).clamp(low, high).cpu().numpy())
