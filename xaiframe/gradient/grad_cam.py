"""Grad-CAM: where the last convolution's feature maps raise the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import LayerAttribution, LayerGradCam

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reach import last_feature_map
from xaiframe.probe.rewrite import simplify, verify


@dataclass(frozen=True)
class GradCam(Method):
    """The last feature maps, weighted by their mean gradient, added up and enlarged to the input.

    positive: keep only what raises the score, as the paper does.

    Selvaraju et al. 2017 (doi:10.1109/ICCV.2017.74); the map is captum's. The feature maps are
    those of the last convolution, after its batch norm and activation. The map is enlarged
    (bi)linearly, and its value shared evenly by the input's channels, so that they add up to it.
    """

    positive: bool = True

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    modalities = ("image", "text", "series")
    needs = ("gradient", "convolution")
    signed = False
    own_reference = True
    cost = "instances"
    library = "captum"
    reference = "doi:10.1109/ICCV.2017.74"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score."""
        network = simplify(bank.module)
        verify(network, bank.module, bank.inputs[:1])
        camera = LayerGradCam(network, last_feature_map(network))
        targets = bank.tensor(bank.targets, torch.int64)
        parts = []
        for start in range(0, len(bank), bank.scorer.max_batch):
            part = slice(start, start + bank.scorer.max_batch)
            with torch.inference_mode(False), torch.enable_grad():
                leaf = bank.inputs[part].clone().requires_grad_(True)
                seen = camera.attribute(
                    leaf, targets[part].clone(), relu_attributions=self.positive
                ).detach()
            parts.append(enlarge(seen, bank.inputs.shape[1:]).cpu().numpy())
        values = bank.fold(np.concatenate(parts).astype(np.float64))
        return Attribution(values, "element", evaluations=len(bank))


def enlarge(seen: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """``(n, *shape)``: maps ``(n, 1, h, w)`` or ``(n, 1, l)`` at the input's size, shared by its
    channels.

    Raises NotApplicable when the maps are a single point.
    """
    if seen[0].numel() == 1:
        raise NotApplicable("the last convolution sees the whole input as one point")
    mode = "bilinear" if seen.ndim == 4 else "linear"
    large = LayerAttribution.interpolate(seen, shape[1:], interpolate_mode=mode)
    return large.expand(-1, *shape) / shape[0]
