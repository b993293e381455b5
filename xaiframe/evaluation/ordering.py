"""Orders of features side by side: who is at the top, Kendall's τ, mean ranks, concordance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from xaiframe.evaluation.statistics import There, rounded
from xaiframe.explanation import Array

TOGETHER = 1_000_000
"""Pairs of features that are compared at once."""


def top_membership(values: Array, k: int, there: There = None) -> Array:
    """``(n, features)``: how surely each feature is among the k largest in magnitude.

    1 above the k-th, 0 below, features tied there share its places evenly, so that the zeros of
    a sparse attribution do not agree by their position. NaN for a row without any order; 0 for
    what is not there.
    """
    there = np.ones(values.shape, dtype=bool) if there is None else there
    size = np.where(there, np.abs(values), -1.0)
    k = min(k, values.shape[1])
    limit = np.sort(size, axis=1)[:, -k][:, None]
    above, tied = size > limit, size == limit
    places = (k - above.sum(axis=1, keepdims=True)) / np.maximum(tied.sum(axis=1, keepdims=True), 1)
    least = np.where(there, size, np.inf).min(axis=1)
    ordered = np.isfinite(size).all(axis=1) & (size.max(axis=1) > least)
    return np.where(ordered[:, None], (above + tied * places) * there, np.nan)


def ranks(values: Array, there: There = None) -> Array:
    """``(n, features)`` rank by magnitude, 1 the largest, ties averaged; NaN for what is not there
    and for a row without any order."""
    there = np.ones(values.shape, dtype=bool) if there is None else there
    size = np.where(there, np.abs(rounded(values, there)), -np.inf)
    found = rankdata(-size, axis=1)
    least = np.where(there, size, np.inf).min(axis=1)
    ordered = np.isfinite(values).all(axis=1) & (size.max(axis=1) > least)
    return np.where(there & ordered[:, None], found, np.nan)


def kendall(a: Array, b: Array, there: There = None) -> Array:
    """``(n,)`` Kendall's τ-b (1945, doi:10.1093/biomet/33.3.239) of each row of ``a`` and ``b``
    ``(n, features)``: pairs of features in the same order less those in the opposite, ÷ the pairs
    that have an order in each; NaN where a row has none."""
    there = np.ones(a.shape, dtype=bool) if there is None else there
    first, second = np.triu_indices(a.shape[1], 1)
    step = max(1, TOGETHER // max(len(first), 1))
    found = [
        _tau(rounded(a[rows], there[rows]), rounded(b[rows], there[rows]), there[rows],
             first, second)
        for rows in (slice(start, start + step) for start in range(0, len(a), step))
    ]  # fmt: skip
    return np.concatenate(found) if found else np.empty(0)


def _tau(a: Array, b: Array, there: Array, first: Array, second: Array) -> Array:
    both = there[:, first] & there[:, second]
    left, right = (np.sign(one[:, first] - one[:, second]) * both for one in (a, b))
    size = np.sqrt((left != 0).sum(axis=1) * (right != 0).sum(axis=1))
    together = (left * right).sum(axis=1)
    return np.asarray(np.where(size > 0, together, np.nan) / np.where(size > 0, size, 1.0))


def mean_ranks(sides: Sequence[Sequence[Array]]) -> Array:
    """``(n, features)`` Borda's count: mean rank over the methods of a side, then over the sides,
    so that a direction with many methods does not outvote the other; NaN where nobody ranks.

    ``sides``: per direction the :func:`ranks` of its methods.
    """
    means = [_mean(np.stack(list(side))) for side in sides if len(side)]
    return _mean(np.stack(means))


def concordance(ranked: Sequence[Array]) -> Array:
    """``(n,)`` Kendall's W, ties corrected (Kendall & Babington Smith 1939,
    doi:10.1214/aoms/1177732186) of several methods' ranks ``(n, features)``: 1 all the same order,
    1 ÷ methods what unrelated orders reach on average. NaN where fewer than two rank."""
    stacked = np.stack(list(ranked))
    known = np.isfinite(stacked)
    speaks = known.any(axis=2, keepdims=True)
    centre = np.where(known, stacked, 0).sum(axis=2, keepdims=True) / np.maximum(
        known.sum(axis=2, keepdims=True), 1
    )
    apart = np.where(known, stacked - centre, 0.0)
    methods = speaks.sum(axis=(0, 2))
    together = (apart.sum(axis=0) ** 2).sum(axis=1)
    alone = (apart**2).sum(axis=(0, 2))
    usable = (methods > 1) & (alone > 0)
    return np.where(usable, together / np.where(usable, methods * alone, 1.0), np.nan)


def _mean(stacked: Array) -> Array:
    known = np.isfinite(stacked)
    count = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.asarray(total / np.where(count > 0, count, np.nan))
