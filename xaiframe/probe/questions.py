"""Trees of questions: grown small, with thresholds that can be said, as a table of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from xaiframe.explanation import Array
from xaiframe.probe.sheet import Column

LEAF = -1
"""What scikit-learn writes where a node has no child."""
SMALLEST = 5
"""Training rows that a leaf must hold."""
COLUMNS = (
    "node", "parent", "branch", "kind", "feature", "level", "threshold", "n", "answer", "share",
    "value", "spread",
)  # fmt: skip


def grown(
    x: Array,
    y: Array,
    columns: Sequence[Column],
    task: str,
    depth: int,
    leaves: int,
    weight: Array | None = None,
) -> Any:
    """A CART of ``x`` ``(n, columns)`` and ``y`` ``(n,)``, classes or values, by scikit-learn.

    Thresholds are the shortest numbers that part the same rows, or the whole number below where a
    column has whole numbers only; two leaves of one parent that give the same class are one.
    """
    kind = DecisionTreeClassifier if task == "classification" else DecisionTreeRegressor
    x = x.astype(np.float32)
    tree = kind(
        max_depth=depth,
        max_leaf_nodes=max(2, leaves),
        min_samples_leaf=max(1, min(SMALLEST, len(x) // 4)),
        random_state=0,
    ).fit(x, y, weight)
    _shorten(tree.tree_, x, columns)
    if task == "classification":
        _merge(tree.tree_)
    return tree


def _shorten(tree: Any, x: Array, columns: Sequence[Column]) -> None:
    """Say every threshold in as few digits as part the rows of its node alike."""
    rows = {0: np.arange(len(x))}
    for node in range(tree.node_count):
        left, right = tree.children_left[node], tree.children_right[node]
        if left == LEAF:
            continue
        own = rows.pop(node)
        values = x[own, tree.feature[node]].astype(np.float64)
        below = values <= tree.threshold[node]
        rows[left], rows[right] = own[below], own[~below]
        if not columns[tree.feature[node]].holds:
            whole = bool((x[:, tree.feature[node]] % 1 == 0).all())
            tree.threshold[node] = shortest(values[below].max(), values[~below].min(), whole)


def shortest(low: float, high: float, whole: bool = False) -> float:
    """The number of fewest digits in the middle half between ``low`` and ``high``, or between
    whole numbers the whole number at or below the middle."""
    middle, reach = (low + high) / 2, (high - low) / 4
    if whole:
        return float(np.floor(middle))
    start = -int(np.floor(np.log10(max(abs(low), abs(high), 1e-300))))
    for digits in range(start, start + 17):
        found = round(middle, digits)
        if abs(found - middle) <= reach:
            return float(found)
    return float(middle)


def _merge(tree: Any) -> None:
    """Children have higher numbers than their parents: from the last, one pass is enough."""
    for node in reversed(range(tree.node_count)):
        left, right = tree.children_left[node], tree.children_right[node]
        if left == LEAF or tree.children_left[left] != LEAF or tree.children_left[right] != LEAF:
            continue
        if tree.value[left].argmax() == tree.value[right].argmax():
            tree.children_left[node] = tree.children_right[node] = LEAF


def nodes(fitted: Any, columns: Sequence[Column], classes: Sequence[str] = ()) -> pd.DataFrame:
    """One row per node, parents before children, ``yes`` before ``no``.

    kind, feature, level: what is asked, as :class:`Column`, of an inner node; threshold: a number
    is asked whether it is at most that; n: training rows; answer: the class given, and share, of
    those rows, that have it; of values instead value, their mean, and spread, their standard
    deviation.
    """
    tree = fitted.tree_
    found: list[dict[str, Any]] = []
    waiting = [(0, -1, "")]
    while waiting:
        node, parent, branch = waiting.pop()
        row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {
            "node": len(found), "parent": parent, "branch": branch,
            "n": int(tree.n_node_samples[node]),
            "threshold": np.nan, "share": np.nan, "value": np.nan, "spread": np.nan,
        }  # fmt: skip
        if classes:
            shares = tree.value[node][0] / tree.value[node][0].sum()
            answer = classes[int(fitted.classes_[shares.argmax()])]
            row |= {"answer": answer, "share": float(shares.max())}
        else:
            spread = float(np.sqrt(max(tree.impurity[node], 0.0)))
            row |= {"value": float(tree.value[node][0, 0]), "spread": spread}
        if tree.children_left[node] != LEAF:
            column = columns[tree.feature[node]]
            yes, no = tree.children_left[node], tree.children_right[node]
            if column.holds:
                yes, no = no, yes
            else:
                row["threshold"] = float(tree.threshold[node])
            row |= {"kind": column.kind, "feature": column.feature, "level": column.level}
            waiting += [(no, row["node"], "no"), (yes, row["node"], "yes")]
        found.append(row)
    return pd.DataFrame(found, columns=list(COLUMNS))
