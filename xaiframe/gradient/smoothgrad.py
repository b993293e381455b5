"""SmoothGrad: the gradient averaged over noisy copies of the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum
from xaiframe.probe.noise import check_noise, noisy


@dataclass(frozen=True)
class SmoothGrad(Method):
    """The mean gradient over Gaussian copies of the input, in score per standard deviation.

    samples: noisy copies per instance, at least 2; noise: standard deviation of the noise as a
    share of the input's range on the training split (per column for tables, over the whole
    picture for images), above 0; the paper recommends 0.1 to 0.2.
    engine: own, or the library: captum's NoiseTunnel, which states no error.

    Smilkov et al. 2017 (arXiv:1706.03825). Scaled and read like saliency: the sign says up or
    down, not for or against. ``error`` is the standard error of the mean over the copies, for the
    norm of a word's dimensions its upper bound.
    """

    samples: int = 50
    noise: float = 0.15
    engine: Literal["own", "library"] = "own"

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient",)
    signed = False
    stochastic = True
    counterpart = "captum"
    cost = "instances * samples"
    reference = "arXiv:1706.03825"

    def __post_init__(self) -> None:
        check_noise(self.samples, self.noise)

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``, ``error`` per feature ``(n, features)``."""
        if self.engine == "library":
            return captum.noise_tunnel(bank, "smoothgrad", self.samples, self.noise)
        copies = noisy(bank, self.samples, self.noise)
        values = bank.fold(copies.mean, norm=True)
        error = bank.fold(copies.slope.error, norm=True)
        return Attribution(values, "element", error, evaluations=len(bank) * self.samples)
