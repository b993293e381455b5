"""SmoothGrad: a gradient method's answer averaged over noisy copies of the input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from xaiframe.explanation import Attribution, Method
from xaiframe.gradient.deconvolution import Deconvolution
from xaiframe.gradient.deep_lift import DeepLift
from xaiframe.gradient.guided_backprop import GuidedBackprop
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum
from xaiframe.probe.noise import Noisy, check_noise, noisy

Over = Literal[
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "deep_lift",
    "lrp",
    "guided_backprop",
    "deconvolution",
]
ASKED: Mapping[str, Callable[[], Any]] = {
    "input_x_gradient": InputXGradient,
    "integrated_gradients": IntegratedGradients,
    "deep_lift": DeepLift,
    "lrp": LRP,
    "guided_backprop": GuidedBackprop,
    "deconvolution": Deconvolution,
}
"""Methods that answer at the input itself and draw nothing; saliency is the bank's own gradient."""


@dataclass(frozen=True)
class SmoothGrad(Method):
    """The mean over Gaussian copies of the input of the gradient, or of another method's answer.

    samples: noisy copies per instance, at least 2; noise: standard deviation of the noise as a
    share of the input's range on the training split (per column for tables, over the whole
    picture for images), above 0; the paper recommends 0.1 to 0.2.
    over: the method that explains each copy, at its defaults; saliency is the gradient, in score
    per standard deviation.
    engine: own, or the library: captum's NoiseTunnel over the gradient, which states no error.

    Smilkov et al. 2017 (arXiv:1706.03825). Of the gradient scaled and read like saliency: the sign
    says up or down, not for or against. Another method's answer keeps its unit. ``error`` is the
    standard error of the mean over the copies, for the norm of a word's dimensions its upper bound.
    """

    samples: int = 50
    noise: float = 0.15
    over: Over = "saliency"
    engine: Literal["own", "library"] = "own"

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient",)
    signed = False
    stochastic = True
    counterpart = "captum"
    cost = "instances * samples * over"
    each: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "over": {
            "saliency": "1",
            "input_x_gradient": "1",
            "integrated_gradients": "background * 32 + 1",
            "deep_lift": "2",
            "lrp": "1",
            "guided_backprop": "1",
            "deconvolution": "1",
        }
    }
    reference = "arXiv:1706.03825"

    def __post_init__(self) -> None:
        check_noise(self.samples, self.noise)
        if self.over not in self.each["over"]:
            listed = ", ".join(self.each["over"])
            raise ValueError(f"over must be one of {listed}, not {self.over!r}")
        if self.engine == "library" and self.over != "saliency":
            raise ValueError(f"engine: library is over saliency, not over {self.over}")

    def copies(self, bank: GradientBank) -> Noisy:
        """What the method says of the noisy copies; equal settings share them."""
        ask = ASKED[self.over]().explain if self.over in ASKED else None
        return noisy(bank, self.samples, self.noise, self.over, ask)

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``, ``error`` per feature ``(n, features)``."""
        if self.engine == "library":
            return captum.noise_tunnel(bank, "smoothgrad", self.samples, self.noise)
        copies = self.copies(bank)
        values = copies.fold(copies.mean, norm=True)
        error = copies.fold(copies.slope.error, norm=True)
        return Attribution(values, "element", error, evaluations=copies.evaluations)
