"""Guided Grad-CAM: guided backpropagation's edges where Grad-CAM looks."""

from __future__ import annotations

from dataclasses import dataclass

from captum.attr import GuidedBackprop as Captum

from xaiframe.explanation import Attribution, Method
from xaiframe.gradient.grad_cam import GradCam
from xaiframe.gradient.guided_backprop import through_relus
from xaiframe.probe.gradients import GradientBank


@dataclass(frozen=True)
class GuidedGradCam(Method):
    """Guided backpropagation times the positive Grad-CAM map, element by element.

    Selvaraju et al. 2017 (doi:10.1109/ICCV.2017.74). The product of two answers in units of the
    score has no unit of its own: only its order and places are read. It inherits guided
    backpropagation's blindness to the upper layers (arXiv:1810.03292).
    """

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    modalities = ("image", "text", "series")
    needs = ("gradient", "layers", "convolution")
    signed = False
    own_reference = True
    cost = "2 * instances"
    library = "captum"
    reference = "doi:10.1109/ICCV.2017.74"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``.

        Raises NotApplicable for a model without ReLU or without feature maps.
        """
        values = through_relus(bank, Captum) * bank.scale * GradCam().maps(bank)
        return Attribution(bank.fold(values, norm=True), "element", evaluations=2 * len(bank))
