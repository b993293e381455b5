"""DeepLIFT: the difference from a baseline handed back through differences, not slopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from captum.attr import DeepLift as Captum
from torch import Tensor

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.laws import completeness
from xaiframe.probe.layerwise import by_batch, copy_of
from xaiframe.probe.reach import separate


@dataclass(frozen=True)
class DeepLift(Method):
    """Contributions of the input's difference from the background's mean row, rescale rule.

    tolerance: share of score − base that may be missing from the attributions' sum before the
    method is refused, above 0.

    Shrikumar, Greenside & Kundaje 2017 (arXiv:1704.02685); the propagation is captum's, on a copy
    in which every activation is a layer and a tensor of its own, since captum is silently wrong
    where two non-linear layers adjoin or an activation is a function. ``base`` is the score of the
    mean row. A layer without a rule (GELU, layer normalisation, a product of two branches) breaks
    the sum, and so is found out.
    """

    tolerance: float = 0.01

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient", "layers")
    additive = True
    cost = "2 * instances"
    library = "captum"
    reference = "arXiv:1704.02685"

    def __post_init__(self) -> None:
        if not self.tolerance > 0:
            raise ValueError(f"tolerance must be above 0, not {self.tolerance}")

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score.

        Raises NotApplicable where they do not add up on this model.
        """
        values, base = Rescale(bank).against(bank.baseline)
        check_sum(values, bank.full, base, self.tolerance)
        return Attribution(bank.fold(values), "element", base=base, evaluations=2 * len(bank))


class Rescale:
    """captum's DeepLIFT on a copy of a bank's module that bears it."""

    def __init__(self, bank: GradientBank) -> None:
        self.bank, self.network = bank, separate(copy_of(bank))
        self.captum = Captum(self.network)

    def against(self, baseline: Tensor) -> tuple[Array, Array]:
        """``(n, *space)`` contributions against ``baseline`` ``space``, and ``(n,)`` its scores."""
        rows = baseline[None]
        values = by_batch(
            self.bank,
            lambda leaf, targets: self.captum.attribute(leaf, rows.clone(), target=targets),
            rows=2,  # captum sends each instance's baseline along
        )
        scores, _ = self.bank.gradients(rows.expand(len(self.bank), 1, *baseline.shape))
        return values, scores[:, 0].cpu().numpy().astype(np.float64)


def check_sum(values: Array, full: Array, base: Array, tolerance: float) -> None:
    """Raise NotApplicable where ``values`` ``(n, …)`` do not sum to ``full`` − ``base``."""
    law = completeness(values, full, base, tolerance)
    if not law.holds:
        raise NotApplicable(f"a layer of this model has no rule: {law.text}")
