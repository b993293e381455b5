"""Who is compared with whom: the groups of sensitive columns, and those of two columns together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from xaiframe.explanation import Array

MISSING = "(missing)"
LEVELS = 8
"""A column of numbers with more different values is cut at its quartiles."""


@dataclass(frozen=True)
class Grouping:
    """One way to part the rows: ``of`` ``(n,)`` int holds each row's place in ``groups``."""

    column: str
    groups: tuple[str, ...]
    of: Array

    @property
    def sizes(self) -> Array:
        """``(groups,)`` rows of each."""
        return np.bincount(self.of, minlength=len(self.groups))


def groupings(frame: pd.DataFrame, bins: Mapping[str, Sequence[float]]) -> list[Grouping]:
    """Each column of ``frame`` alone, then each pair of them.

    ``bins`` maps a column of numbers to the edges it is cut at; a value on an edge belongs above.
    """
    alone = [_grouping(str(name), frame[name], bins.get(str(name))) for name in frame]
    return [*alone, *(_both(one, other) for one, other in combinations(alone, 2))]


def _grouping(name: str, column: pd.Series, edges: Sequence[float] | None) -> Grouping:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and (edges is not None or column.nunique() > LEVELS):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if edges is None:
            edges = np.unique(np.nanquantile(values, (0.25, 0.5, 0.75))).tolist()
        return _cut(name, values, sorted(edges))
    there = column.notna()
    shown = column.map("{:g}".format) if numeric else column.astype(object).map(str)
    texts = shown.where(there, MISSING)
    largest = texts.value_counts()
    groups = sorted(largest.index, key=lambda group: (group == MISSING, -largest[group], group))
    return Grouping(name, tuple(groups), pd.Index(groups).get_indexer(pd.Index(texts)))


def _cut(name: str, values: Array, edges: Sequence[float]) -> Grouping:
    inner = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    names = [f"below {edges[0]:g}", *inner, f"{edges[-1]:g} and above", MISSING]
    place = np.searchsorted(edges, values, side="right")
    return _used(name, names, np.where(np.isnan(values), len(names) - 1, place))


def _both(one: Grouping, other: Grouping) -> Grouping:
    names = [f"{a}, {b}" for a in one.groups for b in other.groups]
    return _used(f"{one.column} × {other.column}", names, one.of * len(other.groups) + other.of)


def _used(name: str, names: Sequence[str], of: Array) -> Grouping:
    """The grouping without the groups that no row belongs to."""
    used, places = np.unique(of, return_inverse=True)
    return Grouping(name, tuple(names[one] for one in used), places)
