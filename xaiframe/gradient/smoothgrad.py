"""SmoothGrad: the gradient averaged over noisy copies of the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.gradients import GradientBank


@dataclass(frozen=True)
class SmoothGrad(Method):
    """The mean gradient over Gaussian copies of the input, in score per standard deviation.

    samples: noisy copies per instance, at least 2; noise: standard deviation of the noise as a
    share of the input's range on the training split (per column for tables, over the whole
    picture for images), above 0; the paper recommends 0.1 to 0.2.

    Smilkov et al. 2017 (arXiv:1706.03825). Scaled and read like saliency: the sign says up or
    down, not for or against. ``error`` is the standard error of the mean over the copies, for the
    norm of a word's dimensions its upper bound.
    """

    samples: int = 50
    noise: float = 0.15

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient",)
    signed = False
    stochastic = True
    cost = "instances * samples"
    reference = "arXiv:1706.03825"

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise ValueError(f"samples must be at least 2, not {self.samples}")
        if not self.noise > 0:
            raise ValueError(f"noise must be above 0, not {self.noise}")

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``, ``error`` per feature ``(n, features)``."""
        generators = [bank.rng(position, "smoothgrad") for position in range(len(bank))]
        spread = self.noise * bank.extent
        total = np.zeros(bank.inputs.shape)
        moments = Moments()
        for chunk in bank.chunks(self.samples, len(bank)):
            shape = (len(chunk), *bank.inputs.shape[1:])
            noise = np.stack([one.standard_normal(shape, dtype=np.float32) for one in generators])
            _, gradients = bank.gradients(bank.inputs[:, None] + bank.tensor(noise * spread))
            slopes = gradients.cpu().numpy() * bank.scale.astype(float)
            total += slopes.sum(axis=1)
            moments.add(_per_feature(slopes, bank))
        values = bank.fold(total / self.samples, norm=True)
        error = bank.fold(np.sqrt(moments.variance / self.samples), norm=True)
        evaluations = len(bank) * self.samples
        return Attribution(values, "element", error, evaluations=evaluations)


class Moments:
    """Running sums of what is added, ``(n, k, …)`` at a time, along the second axis."""

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, np.zeros(1), np.zeros(1)

    def add(self, values: Array) -> None:
        self.count += values.shape[1]
        self.total = self.total + values.sum(axis=1)
        self.squares = self.squares + (values**2).sum(axis=1)

    @property
    def variance(self) -> Array:
        """``(n, …)``: of one of the added values."""
        spread = self.squares - self.total**2 / self.count
        return np.asarray(np.maximum(spread, 0) / (self.count - 1))


def _per_feature(slopes: Array, bank: GradientBank) -> Array:
    """``(n, k, features)``: ``slopes`` ``(n, k, *space)`` summed over each feature; in an embedding
    the dimensions stay apart, for the norm over them is taken last."""
    if bank.embedding is not None:
        return slopes
    n, copies = slopes.shape[:2]
    flat = Attribution(slopes.reshape(n * copies, *slopes.shape[2:]), "element")
    mask = np.repeat(bank.feature_mask, copies, axis=0) if bank.own_features else bank.feature_mask
    return flat.per_feature(mask, bank.features).reshape(n, copies, bank.features)
