"""Rows that stand for many, and rows that nothing stands for, by a Gaussian kernel."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.probe.nearby import distances

RIDGE = 1e-6
"""Added to the kernel's diagonal, so that equal rows have a determinant."""


def apart(a: Array, b: Array, data: Data) -> Array:
    """``(len(a), len(b))`` distances for which a Gaussian kernel is one: as
    :func:`xaiframe.probe.nearby.distances`, of messages the root of the share of words."""
    far = distances(a, b, data)
    return np.sqrt(far) if data.modality == "text" else far


def median_width(far: Array) -> float:
    """The median distance between two different rows of ``far`` ``(n, n)``; 1 where all are the
    same."""
    upper = far[np.triu_indices(len(far), 1)]
    upper = upper[upper > 0]
    return float(np.median(upper)) if len(upper) else 1.0


def gaussian(far: Array, width: float) -> Array:
    """exp(−distance² ÷ 2 width²)."""
    return np.asarray(np.exp(-((far / width) ** 2) / 2))


def discrepancy(kernel: Array, chosen: Array) -> float:
    """MMD² between all rows and those ``chosen``, from the kernel ``(n, n)`` of all: at least 0, 0
    where both are spread alike (Gretton et al. 2012, JMLR 13)."""
    own = kernel[np.ix_(chosen, chosen)]
    return float(kernel.mean() - 2 * kernel[:, chosen].mean() + own.mean())


def prototypes(kernel: Array, count: int) -> list[int]:
    """At most ``count`` rows, each the one that lowers the MMD² of those so far the most; fewer
    where a further one would raise it."""
    means, chosen = kernel.mean(axis=0), list[int]()
    among = np.zeros(len(kernel))
    inside = 0.0
    worth = 0.0
    while len(chosen) < min(count, len(kernel)):
        size = len(chosen) + 1
        whole = inside + 2 * among + np.diag(kernel)
        gain = 2 * (means[chosen].sum() + means) / size - whole / size**2
        gain[chosen] = -np.inf
        best = int(np.round(gain, 10).argmax())
        if chosen and gain[best] <= worth:
            break
        worth, inside = float(gain[best]), float(whole[best])
        among += kernel[:, best]
        chosen.append(best)
    return chosen


def bounded(kernel: Array) -> bool:
    """Whether the greedy choice is known to reach (1 − 1/e) of the best: Kim et al. 2016 prove it
    where no two rows are more alike than 1 ÷ (n³ + 2n² − 2n − 3)."""
    n = len(kernel)
    if n < 2:
        return True
    largest = float((kernel - np.diag(np.diag(kernel))).max())
    return largest <= float(np.diag(kernel).min()) / (n**3 + 2 * n**2 - 2 * n - 3)


def witness(kernel: Array, chosen: list[int]) -> Array:
    """``(n,)``: how much denser all rows lie at each row than the ``chosen`` do."""
    return np.asarray(kernel.mean(axis=0) - kernel[chosen].mean(axis=0))


def criticisms(kernel: Array, chosen: list[int], count: int) -> list[int]:
    """At most ``count`` rows that the prototypes leave out the most, unlike each other: greedily
    the largest sum of witnesses above 0 and logarithm of the kernel's determinant."""
    size, found = np.maximum(witness(kernel, chosen), 0), list[int]()
    left = np.diag(kernel) + RIDGE
    factors = np.empty((0, len(kernel)))
    free = size > 0
    free[chosen] = False
    while len(found) < count and free.any():
        # A row's part of the determinant is what the rows before it leave of its variance.
        worth = np.where(free, size + np.log(np.maximum(left, RIDGE)), -np.inf)
        best = int(np.round(worth, 10).argmax())
        new = (kernel[best] - factors[:, best] @ factors) / np.sqrt(max(left[best], RIDGE))
        factors = np.concatenate([factors, new[None]])
        left = left - new**2
        free[best] = False
        found.append(best)
    return found
