"""DeepLIFT against every background row, averaged: an approximation of Shapley values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Attribution, Method
from xaiframe.gradient.deep_lift import Rescale, check_sum
from xaiframe.probe.gradients import GradientBank


@dataclass(frozen=True)
class DeepLiftShap(Method):
    """DeepLIFT's contributions against each background row, averaged by the rows' weights.

    tolerance: as for DeepLIFT.

    Lundberg & Lee 2017 (arXiv:1705.07874, section 4.2); the propagation is captum's, on the same
    copy as DeepLIFT's. ``values`` sum to score − base with base the expected score of the
    background, like Shapley values, which they equal where the model is linear in what its
    non-linear layers put out one by one.
    """

    tolerance: float = 0.01

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient", "layers")
    additive = True
    cost = "2 * instances * background"
    library = "captum"
    reference = "arXiv:1705.07874; arXiv:1704.02685"

    def __post_init__(self) -> None:
        if not self.tolerance > 0:
            raise ValueError(f"tolerance must be above 0, not {self.tolerance}")

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score.

        Raises NotApplicable where they do not add up on this model.
        """
        rescale = Rescale(bank)
        values, base = np.zeros(bank.inputs.shape), np.zeros(len(bank))
        for row, weight in zip(bank.background, bank.reference.weights, strict=True):
            one, score = rescale.against(row)
            values += weight * one
            base += weight * score
        check_sum(values, bank.full, base, self.tolerance)
        evaluations = 2 * len(bank) * len(bank.background)
        return Attribution(bank.fold(values), "element", base=base, evaluations=evaluations)
