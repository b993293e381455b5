"""Saliency: the plain gradient of the score at the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum


@dataclass(frozen=True)
class Saliency(Method):
    """How much the score moves when an input element rises by one standard deviation.

    engine: own, or the library: captum's Saliency.

    Simonyan, Vedaldi & Zisserman 2013 (arXiv:1312.6034), signed, times the training split's
    standard deviation (one number for all pixels of an image), so that columns in different units
    compare. The sign says whether more of the feature raises the score, not whether the feature's
    present value speaks for or against the target: sign agreement is therefore not judged. Of a
    word it is the norm over the dimensions of its embedding.
    """

    engine: Literal["own", "library"] = "own"

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient",)
    signed = False
    counterpart = "captum"
    cost = "instances"
    reference = "arXiv:1312.6034"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score per sd."""
        if self.engine == "library":
            return captum.saliency(bank)
        _, gradients = bank.at_input
        values = gradients.cpu().numpy().astype(float) * bank.scale
        return Attribution(bank.fold(values, norm=True), "element", evaluations=len(bank))
