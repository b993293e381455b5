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
    down, not for or against. ``error`` is the standard error of the mean over the copies.
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
        spread = self.noise * bank.data.extent
        total = np.zeros(bank.x.shape)
        sums, squares = np.zeros((2, len(bank), bank.features))
        for chunk in bank.chunks(self.samples, len(bank)):
            shape = (len(chunk), *bank.x.shape[1:])
            noise = np.stack([one.standard_normal(shape, dtype=np.float32) for one in generators])
            _, gradients = bank.gradients(bank.inputs[:, None] + bank.tensor(noise * spread))
            slopes = gradients.cpu().numpy() * bank.scale.astype(float)
            total += slopes.sum(axis=1)
            grouped = _per_feature(slopes, bank)
            sums += grouped.sum(axis=1)
            squares += (grouped**2).sum(axis=1)
        variance = (squares - sums**2 / self.samples) / (self.samples - 1)
        error = np.sqrt(np.maximum(variance, 0) / self.samples)
        evaluations = len(bank) * self.samples
        return Attribution(total / self.samples, "element", error, evaluations=evaluations)


def _per_feature(slopes: Array, bank: GradientBank) -> Array:
    """``(n, k, features)``: ``slopes`` ``(n, k, *input_shape)`` summed over each feature."""
    n, copies = slopes.shape[:2]
    flat = Attribution(slopes.reshape(n * copies, *bank.x.shape[1:]), "element")
    return flat.per_feature(bank.feature_mask, bank.features).reshape(n, copies, bank.features)
