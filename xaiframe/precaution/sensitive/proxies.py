"""Proxies: how well the other columns foretell a sensitive one, and which of them do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from xaiframe.data.groups.grouping import MISSING, Grouping
from xaiframe.explanation import Array
from xaiframe.precaution.columns import encode, sample, varying
from xaiframe.precaution.drift.domain import (
    auc,
    blanked,
    fit,
    hanley_sd,
    inputs,
    similarity,
    stratified,
)
from xaiframe.precaution.measure import Interval

LISTED = 60
"""Columns whose part in the joint prediction is measured."""


@dataclass(frozen=True)
class Proxies:
    """What foretells one sensitive column.

    power: one-against-rest AUC of all columns together, weighted by group, out of fold; null_mean,
    null_sd: of the same when the groups are shuffled; columns: table column, power (that column
    alone), low, high, importance (power lost when the column is blanked, NaN where not measured).
    """

    power: float
    interval: Interval
    null_mean: float
    null_sd: float
    n: int
    columns: pd.DataFrame


def readable(grouping: Grouping, smallest: int, limit: int, folds: int, seed: int) -> Array:
    """Positions of at most ``limit`` rows of groups that can be foretold: ``smallest`` rows or
    more, and after drawing two for each fold; that the value is missing is no such group."""
    named = np.array([group != MISSING for group in grouping.groups], dtype=bool)
    large = np.flatnonzero((grouping.sizes >= smallest) & named)
    rows = np.flatnonzero(np.isin(grouping.of, large))
    rows = rows[sample(len(rows), limit, seed)]
    enough = np.bincount(grouping.of[rows], minlength=len(named)) >= 2 * folds
    return rows[enough[grouping.of[rows]]]


def obstacle(of: Array, features: pd.DataFrame, smallest: int) -> str:
    """Why nothing can foretell the groups ``of`` ``(n,)`` of the rows read, or nothing."""
    if len(np.unique(of)) < 2:
        return f"fewer than two groups have {smallest} rows"
    return "" if varying(features) else "there is no other column that varies"


def proxies(of: Array, features: pd.DataFrame, folds: int, permutations: int, seed: int) -> Proxies:
    """Kernel ridge on normal scores, as the domain classifier has it, one output per group: with
    one linear solve per fold each shuffle of the groups is one more right-hand side.

    ``of`` ``(n,)`` group numbers, ``features`` row for row with them. Quadratic in rows: the caller
    bounds them.
    """
    frame = features[varying(features)].reset_index(drop=True)
    _, of = np.unique(of, return_inverse=True)
    random = np.random.default_rng([seed, 31])
    fold = _folds(of, folds, random)
    z, owner = inputs(frame)
    shuffled = [of, *(random.permutation(of) for _ in range(permutations))]
    labels = np.hstack([np.eye(of.max() + 1)[one] for one in shuffled])
    reached, lost = [], []
    for k in range(folds):
        held, width = fold == k, of.max() + 1
        weights = fit(z[~held], labels[~held])
        score = similarity(z[held], z[~held]) @ weights
        reached.append(_weighted(auc(score, labels[held]), labels[held], width))
        lost.append(_without(z, held, owner, weights[:, :width], labels[:, :width]))
    means = np.mean(reached, axis=0)
    drops = means[0] - np.mean(lost, axis=0)
    table = _alone(frame, of, fold, seed)
    table["importance"] = np.pad(drops, (0, len(table) - len(drops)), constant_values=np.nan)
    table = table.sort_values("power", ascending=False, kind="stable", ignore_index=True)
    shuffles = means[1:]
    return Proxies(
        float(means[0]), _interval(float(means[0]), of), float(shuffles.mean()),
        float(shuffles.std(ddof=1)), len(of), table,
    )  # fmt: skip


def _folds(of: Array, folds: int, random: np.random.Generator) -> Array:
    """``(n,)`` fold numbers, each group spread evenly."""
    if of.max() == 1:
        return stratified(of == 1, folds, random)
    split = StratifiedKFold(folds, shuffle=True, random_state=int(random.integers(2**31)))
    fold = np.empty(len(of), dtype=np.int64)
    for k, (_, held) in enumerate(split.split(of, of)):
        fold[held] = k
    return fold


def _weighted(found: Array, labels: Array, width: int) -> Array:
    """``(shuffles,)`` AUCs of the ``width`` groups averaged by the rows of each."""
    rows = labels.sum(axis=0).reshape(-1, width)
    return np.asarray((found.reshape(-1, width) * rows).sum(axis=1) / rows.sum(axis=1))


def _without(z: Array, held: Array, owner: Array, weights: Array, labels: Array) -> Array:
    """``(columns,)`` weighted AUC on held-out rows when one column at a time is blanked."""
    per_group = [
        blanked(z[held], z[~held], weights[:, [k]], labels[held][:, [k]], owner, LISTED)
        for k in range(weights.shape[1])
    ]
    return np.average(per_group, axis=0, weights=labels[held].sum(axis=0))


def _alone(frame: pd.DataFrame, of: Array, fold: Array, seed: int) -> pd.DataFrame:
    """Out-of-fold power of a small tree on each column alone."""
    x, rows = encode(frame), []
    tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=20, random_state=seed)
    labels = np.eye(of.max() + 1)[of]
    for position, name in enumerate(frame.columns):
        reached = []
        for k in np.unique(fold):
            held = fold == k
            known = tree.fit(x[~held, [position]].reshape(-1, 1), of[~held])
            score = known.predict_proba(x[held, [position]].reshape(-1, 1))
            reached.append(_weighted(auc(score, labels[held]), labels[held], labels.shape[1])[0])
        power = float(np.mean(reached))
        low, high = _interval(power, of)
        rows.append({"column": str(name), "power": power, "low": low, "high": high})
    return pd.DataFrame(rows)


def _interval(power: float, of: Array) -> Interval:
    """95 %, the groups' standard errors added up as if they moved together."""
    sizes = np.bincount(of)
    n = len(of)
    error = sum(size / n * hanley_sd(power, int(size), int(n - size)) for size in sizes)
    half = float(norm.ppf(0.975) * error)
    return max(power - half, 0.0), min(power + half, 1.0)


def null95(found: Proxies, columns: int) -> float:
    """Power that shuffled groups stay below in 95 of 100 cases, over ``columns`` at once."""
    return float(found.null_mean + norm.ppf(0.95 ** (1 / columns)) * found.null_sd)
