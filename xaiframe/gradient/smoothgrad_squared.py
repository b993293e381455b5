"""SmoothGrad²: the mean squared gradient over noisy copies of the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum
from xaiframe.probe.noise import check_noise, noisy


@dataclass(frozen=True)
class SmoothGradSquared(Method):
    """The mean of the squared gradient over Gaussian copies, in (score per standard deviation)².

    samples, noise: as for SmoothGrad, whose copies it shares where they are equal.
    engine: own, or the library: captum's NoiseTunnel.

    Squaring keeps what cancels out in the mean: an element that pushes the score up here and down
    there. Hooker et al. 2019 (arXiv:1806.10758) find that it ranks better than SmoothGrad. Of a
    word it is the sum over the dimensions of its embedding. ``error`` is the standard error of
    the mean.
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
    reference = "arXiv:1806.10758"

    def __post_init__(self) -> None:
        check_noise(self.samples, self.noise)

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``, ``error`` per feature ``(n, features)``."""
        if self.engine == "library":
            return captum.noise_tunnel(bank, "smoothgrad_sq", self.samples, self.noise)
        copies = noisy(bank, self.samples, self.noise)
        values, error = bank.fold(copies.mean_square), copies.square.error
        return Attribution(values, "element", error, evaluations=len(bank) * self.samples)
