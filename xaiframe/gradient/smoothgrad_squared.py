"""SmoothGrad²: the mean of a gradient method's squared answer over noisy copies of the input."""

from __future__ import annotations

from dataclasses import dataclass

from xaiframe.explanation import Attribution
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries import captum


@dataclass(frozen=True)
class SmoothGradSquared(SmoothGrad):
    """The mean of the squared gradient over Gaussian copies, in (score per standard deviation)².

    samples, noise, over, engine: as for SmoothGrad, whose copies it shares where they are equal.

    Squaring keeps what cancels out in the mean: an element that pushes the score up here and down
    there. Hooker et al. 2019 (arXiv:1806.10758) find that it ranks better than SmoothGrad. Of a
    word it is the sum over the dimensions of its embedding. ``error`` is the standard error of
    the mean.
    """

    reference = "arXiv:1806.10758"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)``, ``error`` per feature ``(n, features)``."""
        if self.engine == "library":
            return captum.noise_tunnel(bank, "smoothgrad_sq", self.samples, self.noise)
        copies = self.copies(bank)
        values, error = copies.fold(copies.mean_square), copies.square.error
        return Attribution(values, "element", error, evaluations=copies.evaluations)
