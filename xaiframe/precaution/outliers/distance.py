"""How far a row lies from its neighbours, and in which column."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from xaiframe.explanation import Array
from xaiframe.precaution.columns import codes, distinct, kind, numbers, sample

LEVELS = 20
"""Categories with a coordinate of their own; rarer ones share one."""
REACH = 1e4
"""Largest distance of a coordinate from the median, in robust standard deviations."""


def coordinates(frame: pd.DataFrame) -> tuple[Array, list[str]]:
    """``(n, d)`` comparable numbers and the column each belongs to.

    Numbers by median and quartiles (a spread that outliers do not stretch), missing ones at the
    median; two different categories are 1 apart. Columns of names, nearly all different, say
    nothing of distance and are left out.
    """
    parts: list[Array] = []
    owners: list[str] = []
    for name, column in frame.items():
        levels = distinct(column)
        if levels < 2:
            continue
        if kind(column) == "numeric":
            made = standardised(numbers(column))[:, None]
        elif levels > len(frame) / 2:
            continue
        else:
            code = codes(column, LEVELS)
            made = (code[:, None] == np.unique(code)) / np.sqrt(2)
        parts.append(made)
        owners += [str(name)] * made.shape[1]
    return (np.hstack(parts) if parts else np.empty((len(frame), 0))), owners


def standardised(values: Array) -> Array:
    """``(n,)`` distance from the median in robust standard deviations: of the quartiles, or where
    half of all values are one (zeros of a count), of the other values; missing ones 0."""
    present = values[np.isfinite(values)]
    low, middle, high = np.quantile(present, [0.25, 0.5, 0.75])
    spread = (high - low) / 1.349
    if spread <= 0:
        spread = float(np.median(np.abs(present[present != middle] - middle)))
    return np.clip(np.nan_to_num((values - middle) / spread), -REACH, REACH)


def neighbourly(
    points: Array, owners: list[str], neighbours: int, reference: int, seed: int
) -> tuple[Array, Array]:
    """``(n,)`` mean distance to the nearest ``neighbours`` of at most ``reference`` rows (Ramaswamy
    et al. 2000, doi:10.1145/342009.335437), and the column ``(n,)`` in which they differ most."""
    known = sample(len(points), reference, seed)
    search = NearestNeighbors(n_neighbors=neighbours + 1, algorithm="brute").fit(points[known])
    distance, position = search.kneighbors(points)
    # a row among the reference is its own nearest: the first for these, the last for the others
    own = np.isin(np.arange(len(points)), known)[:, None]
    distance = np.where(own, distance[:, 1:], distance[:, :-1])
    position = np.where(own, position[:, 1:], position[:, :-1])
    apart = np.square(points - points[known][position].mean(axis=1))
    names = list(dict.fromkeys(owners))
    belongs = np.array([names.index(owner) for owner in owners])
    by_column = np.stack([apart[:, belongs == k].sum(axis=1) for k in range(len(names))], axis=1)
    return distance.mean(axis=1), np.array(names, dtype=object)[by_column.argmax(axis=1)]
