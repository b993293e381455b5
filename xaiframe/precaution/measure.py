"""The arithmetic that checks share: shares, scores, and their intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm

from xaiframe.explanation import Array
from xaiframe.facts import Better, Fact

Interval = tuple[float, float]
RESAMPLES = 300


def wilson(count: int, n: int) -> Interval | None:
    """Wilson's 95 % interval of a share, None if n = 0 (doi:10.1080/01621459.1927.10502953)."""
    if n == 0:
        return None
    z = float(norm.ppf(0.975))
    share, shrink = count / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / shrink
    half = z / shrink * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = float(centre - half) if count else 0.0
    return low, float(centre + half) if count < n else 1.0


def share_fact(
    name: str,
    count: int,
    n: int,
    labels: Mapping[str, str] | None = None,
    better: Better = "lower",
    empty: str = "there are no rows",
) -> Fact:
    """``count`` of ``n`` as a share with its Wilson interval; ``empty`` says why when n = 0."""
    return Fact(
        name,
        count / n if n else None,
        "share",
        dict(labels or {}),
        n=n,
        interval=wilson(count, n),
        better=better,
        reason="" if n else empty,
    )


def central(draws: Array) -> Interval | None:
    """The central 95 % of bootstrap values, undefined ones left out; None when most are."""
    defined = draws[np.isfinite(draws)]
    if defined.size < max(len(draws) / 2, 2):
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def confusion(y: Array, predicted: Array) -> Array:
    """``(k, k)`` counts, rows the true class, over the classes that occur in either."""
    known, joined = np.unique(np.concatenate([y, predicted]), return_inverse=True)
    cells = joined[: len(y)] * len(known) + joined[len(y) :]
    return np.bincount(cells, minlength=len(known) ** 2).reshape(len(known), len(known))


def balanced_accuracy(counts: Array) -> Array:
    """``(...)`` mean recall of the classes that occur, from ``(..., k, k)`` confusion counts."""
    rows, hits = counts.sum(axis=-1), np.diagonal(counts, axis1=-2, axis2=-1)
    recall = hits / np.maximum(rows, 1)
    return np.asarray(recall.sum(axis=-1) / (rows > 0).sum(axis=-1))


def weighted_f1(counts: Array) -> Array:
    """``(...)`` F1 of each class weighted by its frequency, from ``(..., k, k)`` counts."""
    rows, columns = counts.sum(axis=-1), counts.sum(axis=-2)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    f1 = 2 * hits / np.maximum(rows + columns, 1)
    return np.asarray((f1 * rows).sum(axis=-1) / rows.sum(axis=-1))


def resampled_confusion(counts: Array, seed: int, within: bool) -> Array:
    """``(RESAMPLES, k, k)`` bootstrap of a confusion matrix: rows of data are drawn again, which
    is multinomial in its cells; ``within`` keeps the number of rows of each class."""
    random = np.random.default_rng([seed, 11])
    if not within:
        flat = random.multinomial(counts.sum(), counts.ravel() / counts.sum(), RESAMPLES)
        return np.asarray(flat.reshape(RESAMPLES, *counts.shape))
    rows = counts.sum(axis=1)
    chance = counts / np.maximum(rows, 1)[:, None]
    chance[rows == 0] = 1 / len(rows)
    drawn = [random.multinomial(n, p, RESAMPLES) for n, p in zip(rows, chance, strict=True)]
    return np.stack(drawn, axis=1)


def resampled_means(values: Array, seed: int) -> Array:
    """``(RESAMPLES, ...)`` bootstrap means of ``(n, ...)`` over its first axis, row by row, so that
    memory does not grow with the number of resamples."""
    random, n = np.random.default_rng([seed, 13]), len(values)
    counts = (np.bincount(random.integers(0, n, n), minlength=n) for _ in range(RESAMPLES))
    return np.stack([np.tensordot(weight / n, values, axes=1) for weight in counts])
