"""The learning curve a − b·n^−c, fitted to scores from ever more rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Array

DECAYS = np.geomspace(0.05, 2.0, 60)
"""Exponents c: below, a curve never ends; above, two sizes would tell it all."""


@dataclass(frozen=True)
class PowerLaw:
    """a, b, c ``(draws,)``: the score after endless rows, and what falls off how fast."""

    a: Array
    b: Array
    c: Array

    def at(self, n: float) -> Array:
        """``(draws,)`` score from n rows."""
        return self.a - self.b * n**-self.c

    def doubling(self, n: float) -> Array:
        """``(draws,)`` what twice n rows add."""
        return self.at(2 * n) - self.at(n)


def fit(sizes: Array, scores: Array) -> PowerLaw:
    """Weighted least squares of ``scores`` ``(draws, s)`` on ``sizes`` ``(s,)``, s at least 2,
    larger sizes counting more (Figueroa et al. 2012, doi:10.1186/1472-6947-12-8); a at most 1,
    b at least 0.

    For a given c the law is linear in a and b, so that every draw is solved exactly on a grid of c.
    """
    weight = np.arange(1, len(sizes) + 1) / len(sizes)
    weight = weight / weight.sum()
    best = np.full(len(scores), np.inf)
    a, b, c = np.empty((3, len(scores)))
    for decay in DECAYS:
        top, drop = _linear(sizes.astype(np.float64) ** -decay, scores, weight)
        fitted = top[:, None] - drop[:, None] * sizes.astype(np.float64) ** -decay
        loss = np.square(scores - fitted) @ weight
        closer = loss < best
        best = np.where(closer, loss, best)
        a, b, c = np.where(closer, top, a), np.where(closer, drop, b), np.where(closer, decay, c)
    return PowerLaw(a, b, c)


def _linear(z: Array, scores: Array, weight: Array) -> tuple[Array, Array]:
    """a and b ``(draws,)`` of score = a − b·z with b ≥ 0 and a ≤ 1."""
    centre, mean = z @ weight, scores @ weight
    slope = -(scores - mean[:, None]) @ (weight * (z - centre)) / (np.square(z - centre) @ weight)
    slope = np.maximum(slope, 0.0)
    top = mean + slope * centre
    bound = (1 - scores) @ (weight * z) / (np.square(z) @ weight)
    return np.minimum(top, 1.0), np.where(top > 1, np.maximum(bound, 0.0), slope)
