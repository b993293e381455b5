"""VarGrad: how much a gradient method's answer varies over noisy copies of the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Array, Attribution
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum
from xaiframe.probe.noise import Noisy


@dataclass(frozen=True)
class VarGrad(SmoothGrad):
    """The variance of the gradient over Gaussian copies, in (score per standard deviation)².

    samples, noise, over, engine: as for SmoothGrad, whose copies it shares where they are equal;
    it takes at least 4 samples.

    Zero for an element the score depends on linearly: it shows where the surface bends, not what
    speaks for the target. Adebayo et al. 2018 (arXiv:1810.03307), Seo et al. 2018
    (arXiv:1806.03000). Of a word it is the sum over the dimensions of its embedding. ``error`` is
    the standard error of the variance, by leaving groups of copies out in turn (Miller 1974,
    doi:10.1093/biomet/61.1.1).
    """

    reference = "arXiv:1810.03307; arXiv:1806.03000"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.samples < 4:
            raise ValueError(f"samples must be at least 4, not {self.samples}")

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``, ``error`` per feature ``(n, features)``."""
        if self.engine == "library":
            return captum.noise_tunnel(bank, "vargrad", self.samples, self.noise)
        copies = self.copies(bank)
        values, error = copies.fold(copies.variance), _error(copies, bank)
        return Attribution(values, "element", error, evaluations=copies.evaluations)


def _error(copies: Noisy, bank: GradientBank) -> Array:
    """``(n, features)`` jackknife over the groups of copies."""
    parts = [
        Attribution(copies.fold(part), "element").per_feature(bank.feature_mask, bank.features)
        for part in copies.variance_without()
    ]
    left_out = np.stack(parts)
    spread = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    return np.sqrt(spread * (len(parts) - 1) / len(parts))
