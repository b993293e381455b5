"""Grad-CAM: where the last convolution's feature maps raise the score."""

from __future__ import annotations

from dataclasses import dataclass

from captum.attr import LayerAttribution, LayerGradCam
from torch import Tensor

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.layerwise import by_batch, copy_of
from xaiframe.probe.reach import last_feature_map


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
        values = bank.fold(self.maps(bank))
        return Attribution(values, "element", evaluations=len(bank))

    def maps(self, bank: GradientBank) -> Array:
        """``(n, *space)`` float64: the maps at the input's size."""
        network = copy_of(bank)
        camera = LayerGradCam(network, last_feature_map(network))

        def seen(leaf: Tensor, targets: Tensor) -> Tensor:
            found = camera.attribute(leaf, targets, relu_attributions=self.positive).detach()
            return enlarge(found, leaf.shape[1:])

        return by_batch(bank, seen)


def enlarge(seen: Tensor, shape: tuple[int, ...]) -> Tensor:
    """``(n, *shape)``: maps ``(n, 1, h, w)`` or ``(n, 1, l)`` at the input's size, shared by its
    channels.

    Raises NotApplicable when the maps are a single point.
    """
    if seen[0].numel() == 1:
        raise NotApplicable("the last convolution sees the whole input as one point")
    mode = "bilinear" if seen.ndim == 4 else "linear"
    large = LayerAttribution.interpolate(seen, shape[1:], interpolate_mode=mode)
    return large.expand(-1, *shape) / shape[0]
