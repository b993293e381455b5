"""Input × gradient: the first-order guess of what moving from the baseline to the input did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum


@dataclass(frozen=True)
class InputXGradient(Method):
    """(x − baseline) × gradient at x, with the reference's baseline in place of an implicit zero.

    engine: own, or the library: captum's InputXGradient.

    Shrikumar et al. 2016 (arXiv:1605.01713). Exact for a linear model, a first-order Taylor guess
    elsewhere: the values need not sum to a difference of scores.
    """

    engine: Literal["own", "library"] = "own"

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient",)
    counterpart = "captum"
    cost = "instances"
    reference = "arXiv:1605.01713"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score."""
        if self.engine == "library":
            return captum.input_x_gradient(bank)
        _, gradients = bank.at_input
        distance = (bank.inputs.double() - bank.baseline.double()).cpu().numpy()
        values = bank.fold(gradients.cpu().numpy() * distance)
        return Attribution(values, "element", evaluations=len(bank))
