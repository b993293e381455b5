"""Segments: where a model does worse than on average, and whether chance alone would do as much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

from xaiframe.explanation import Array
from xaiframe.precaution.columns import distinct, encode, kind, numbers, texts

SHUFFLES = 100


@dataclass(frozen=True)
class Segment:
    """Rows ``(n,)`` bool that a sentence describes."""

    name: str
    rows: Array


def slices(frame: pd.DataFrame, cuts: Array, levels: int = 8) -> Iterator[Segment]:
    """One-column segments: between the quantiles ``cuts`` of a number, one frequent category, or no
    value. They are drawn without looking at the model's errors."""
    for name, column in frame.items():
        if kind(column) == "numeric" and distinct(column) > levels:
            yield from _ranges(str(name), numbers(column), cuts)
            continue
        shown = (
            pd.Series(numbers(column)).map("{:g}".format) if kind(column) == "numeric" else column
        )
        value = texts(shown)
        for level in value.value_counts().index[:levels]:
            yield Segment(f"{name} = {level}", (value == level).to_numpy())


def _ranges(name: str, values: Array, cuts: Array) -> Iterator[Segment]:
    edges = np.unique(np.nanquantile(values, cuts))
    part = np.searchsorted(edges, values, side="left")
    ends = [f"{edge:.4g}" for edge in edges]
    names = [f"{name} ≤ {ends[0]}"]
    names += [f"{low} < {name} ≤ {high}" for low, high in pairwise(ends)]
    names.append(f"{name} > {ends[-1]}")
    gaps = np.isnan(values)
    for k, described in enumerate(names):
        rows = (part == k) & ~gaps
        if rows.any():
            yield Segment(described, rows)
    if gaps.any():
        yield Segment(f"{name} missing", gaps)


def leaves(frame: pd.DataFrame, credit: Array, minimum: int, seed: int) -> list[Segment]:
    """Segments of up to two numeric columns: the leaves of a tree of depth 2 that predicts the
    credit, each of at least ``minimum`` rows."""
    chosen = frame[[name for name, column in frame.items() if kind(column) == "numeric"]]
    if chosen.shape[1] == 0 or len(frame) < 2 * minimum:
        return []
    values = encode(chosen)
    tree = _tree(minimum, seed).fit(values, credit)
    path = tree.decision_path(values).toarray().astype(bool)
    return list(_walk(tree, path, [str(name) for name in chosen.columns], 0, []))


def _tree(minimum: int, seed: int) -> DecisionTreeRegressor:
    return DecisionTreeRegressor(max_depth=2, min_samples_leaf=minimum, random_state=seed)


def _walk(
    tree: DecisionTreeRegressor, path: Array, names: list[str], node: int, told: list[str]
) -> Iterator[Segment]:
    grown = tree.tree_
    left, right = int(grown.children_left[node]), int(grown.children_right[node])
    if left < 0:
        if len(told) > 1:
            yield Segment(" and ".join(told), path[:, node])
        return
    name, cut = names[grown.feature[node]], f"{grown.threshold[node]:.4g}"
    yield from _walk(tree, path, names, left, [*told, f"{name} ≤ {cut}"])
    yield from _walk(tree, path, names, right, [*told, f"{name} > {cut}"])


def differences(membership: Array, credit: Array) -> Array:
    """``(segments, ...)`` mean credit in each segment minus the mean over all rows, from
    ``(segments, n)`` bool and ``(n, ...)``."""
    size = membership.sum(axis=1).reshape(-1, *[1] * (credit.ndim - 1))
    return np.asarray(membership.astype(np.float64) @ credit / size - credit.mean(axis=0))


def chance(frame: pd.DataFrame, fixed: Array, credit: Array, minimum: int, seed: int) -> Array:
    """``(SHUFFLES,)`` the weakest segment's difference when the credits are shuffled over the rows,
    the tree grown anew each time: what searching alone finds where no segment is weak."""
    random = np.random.default_rng([seed, 31])
    chosen = frame[[name for name, column in frame.items() if kind(column) == "numeric"]]
    values, found = encode(chosen), []
    for _ in range(SHUFFLES):
        mixed = random.permutation(credit)
        weakest = [differences(fixed, mixed).min()] if len(fixed) else []
        if values.shape[1] and len(values) >= 2 * minimum:
            weakest.append(
                _tree(minimum, seed).fit(values, mixed).predict(values).min() - mixed.mean()
            )
        found.append(min(weakest))
    return np.array(found)
