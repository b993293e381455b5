"""Redundancy: groups of columns that say the same, from their pairwise associations."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import squareform

from xaiframe.explanation import Array


def groups(pairs: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Group and column of every group of two and more, from ``pairs`` with a, b, association.

    Complete-linkage clusters: any two columns of a group are associated by ``limit`` or more. An
    undefined association counts as none.
    """
    names, tree = clustered(pairs)
    if not names:
        return pd.DataFrame({"group": np.empty(0, np.int64), "column": np.empty(0, object)})
    number = fcluster(tree, 1 - limit, "distance")
    table = pd.DataFrame({"group": number, "column": names})
    table = table[table.groupby("group")["column"].transform("size") > 1]
    table["group"] = pd.factorize(table["group"])[0].astype(np.int64) + 1
    return table.sort_values("group", kind="stable", ignore_index=True)


def ordered(pairs: pd.DataFrame) -> list[str]:
    """The columns of ``pairs`` in an order that keeps every cluster together and its closest
    members side by side (optimal leaf order, Bar-Joseph et al. 2001,
    doi:10.1093/bioinformatics/17.suppl_1.S22)."""
    names, tree = clustered(pairs, optimal=True)
    return [names[at] for at in leaves_list(tree)] if names else []


def clustered(pairs: pd.DataFrame, optimal: bool = False) -> tuple[list[str], Array]:
    """The columns and their complete-linkage tree over 1 − association; ``optimal``: its leaves in
    optimal order, which takes time quadratic in columns and more."""
    names = list(dict.fromkeys([*pairs["a"], *pairs["b"]]))
    if not names:
        return [], np.empty((0, 4))
    place = {name: at for at, name in enumerate(names)}
    apart = np.ones((len(names), len(names)))
    np.fill_diagonal(apart, 0.0)
    i, j = pairs["a"].map(place), pairs["b"].map(place)
    apart[i, j] = apart[j, i] = 1 - pairs["association"].fillna(0.0).clip(0, 1)
    return names, linkage(squareform(apart), "complete", optimal_ordering=optimal)
