"""Where a distribution of distances ends, and values begin that do not belong to it."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from xaiframe.explanation import Array

ROUNDS = 10
HALF, QUARTER, TENTH = 0.5, 0.75, 0.9
MOST = 700.0
"""Largest logarithm whose power is finite."""


def limit(values: Array, chance: float) -> float:
    """The value that a row of the bulk exceeds with probability ``chance``, of ``(n,)`` distances;
    zeros (copies, which have no distance) are left aside. Their logarithm is taken for normal."""
    logs = np.log(values[values > 0])
    return float(np.exp(min(end_of(logs, chance), MOST))) if len(logs) else float("inf")


def residual_limit(values: Array, chance: float) -> float:
    """The same of ``(n,)`` absolute residuals, whose square root is taken for normal: they come
    arbitrarily near 0, where a logarithm would have no spread of use."""
    return float(max(end_of(np.sqrt(values), chance), 0.0) ** 2)


def end_of(values: Array, chance: float) -> float:
    """Where ``(n,)`` values that are about normal above their median end.

    The spread is read off the 90 % quantile, which few outliers cannot move, and stretched where
    that lies further out against the 75 % quantile than a normal law has it: a heavy tail is no
    outlier. What lies beyond is set aside and the end drawn again, so that outliers do not hide
    each other.
    """
    inside = np.ones(len(values), dtype=bool)
    for _ in range(ROUNDS):
        end = _end(values[inside], chance)
        still = values <= end
        if (still == inside).all() or still.mean() < TENTH:
            break
        inside = still
    return end


def _end(values: Array, chance: float) -> float:
    middle, quarter, tenth = np.quantile(values, [HALF, QUARTER, TENTH])
    spread = (tenth - middle) / norm.ppf(TENTH)
    near = (quarter - middle) / norm.ppf(QUARTER)
    stretch = max(1.0, spread / near) if near > 0 else np.inf if spread > 0 else 1.0
    return float(middle + spread * stretch * norm.isf(chance))
