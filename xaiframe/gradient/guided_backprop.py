"""Guided backpropagation: the gradient through open units that carries only what speaks for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from captum.attr import GuidedBackprop as Captum

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution, Method
from xaiframe.model.memory import in_batches
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.laws import Law, unlike_gradient
from xaiframe.probe.layerwise import by_batch, copy_of
from xaiframe.probe.rewrite import layers


@dataclass(frozen=True)
class GuidedBackprop(Method):
    """The gradient with negative parts dropped at every ReLU, in score per standard deviation.

    Springenberg et al. 2015 (arXiv:1412.6806); the propagation is captum's, on a copy in which
    every ReLU is a layer of its own. Scaled and read like saliency. It paints sharp edges of the
    input, and changes little when the upper layers are randomised (Adebayo et al. 2018,
    arXiv:1810.03292; Nie et al. 2018, arXiv:1805.07039): look at its sanity before its pictures.
    """

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient", "layers")
    signed = False
    cost = "instances"
    library = "captum"
    reference = "arXiv:1412.6806"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score per sd.

        Raises NotApplicable for a model without ReLU, ArithmeticError where the plain gradient
        came out although negative gradients had to be dropped.
        """
        values = through_relus(bank, Captum) * bank.scale
        return Attribution(bank.fold(values, norm=True), "element", evaluations=len(bank))


def through_relus(bank: GradientBank, method: type) -> Array:
    """``(n, *space)`` what captum's ``method`` passes back through the ReLUs of a copy."""
    network = copy_of(bank)
    if not any(layers(network, torch.nn.ReLU)):
        raise NotApplicable("the model has no ReLU, at which this method differs from the gradient")
    propagation = method(network)
    values = by_batch(bank, lambda leaf, targets: propagation.attribute(leaf, target=targets))

    def held(few: slice) -> Law:
        targets = bank.tensor(bank.targets[few], torch.int64)
        return unlike_gradient(values[few], bank.module, bank.inputs[few], targets)

    law = next(in_batches(bank.scorer, len(bank), held))
    if not law.holds:
        raise ArithmeticError(f"the plain gradient came out: {law.text}")
    return values
