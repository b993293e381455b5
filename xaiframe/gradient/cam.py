"""Class activation mapping: the last feature maps weighted as the output layer weighs them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from xaiframe.explanation import Attribution, Method
from xaiframe.gradient.grad_cam import enlarge
from xaiframe.probe.averaging import averaged
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.layerwise import by_batch, copy_of


@dataclass(frozen=True)
class CAM(Method):
    """The score taken apart by position, where a network averages its last maps and weighs them.

    Zhou et al. 2016 (arXiv:1512.04150). A forward pass suffices: the weights are those of the
    linear layers behind the average, and before it is enlarged the map adds up to the score less
    its bias. Grad-CAM without its ReLU is the same there. The map is enlarged (bi)linearly, and its
    value shared evenly by the input's channels, so that they add up to it.
    """

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    modalities = ("image", "text", "series")
    needs = ("layers", "convolution")
    own_reference = True
    cost = "instances"
    reference = "arXiv:1512.04150"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score.

        Raises NotApplicable, naming the place, where the network does not end in an average over
        all positions and linear layers, or where the maps are a single point.
        """
        found = averaged(copy_of(bank), bank.inputs[:1])

        def seen(leaf: Tensor, targets: Tensor) -> Tensor:
            return enlarge(found.seen(leaf, targets), leaf.shape[1:])

        return Attribution(bank.fold(by_batch(bank, seen)), "element", evaluations=len(bank))
