"""Deconvolution: what speaks for the target is passed back, whether or not a unit was open."""

from __future__ import annotations

from dataclasses import dataclass

from captum.attr import Deconvolution as Captum

from xaiframe.explanation import Attribution, Method
from xaiframe.gradient.guided_backprop import through_relus
from xaiframe.probe.gradients import GradientBank


@dataclass(frozen=True)
class Deconvolution(Method):
    """The gradient with a ReLU on the way back in place of the one on the way up.

    Zeiler & Fergus 2014 (doi:10.1007/978-3-319-10590-1_53); the propagation is captum's, on a
    copy in which every ReLU is a layer of its own. In score per standard deviation, read like
    saliency. Like guided backpropagation it reconstructs the input more than it explains the
    decision (Nie et al. 2018, arXiv:1805.07039): look at its sanity before its pictures.
    """

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient", "layers")
    signed = False
    cost = "instances"
    library = "captum"
    reference = "doi:10.1007/978-3-319-10590-1_53"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score per sd.

        Raises NotApplicable for a model without ReLU, ArithmeticError where the plain gradient
        came out although negative gradients had to be dropped.
        """
        values = through_relus(bank, Captum) * bank.scale
        return Attribution(bank.fold(values, norm=True), "element", evaluations=len(bank))
