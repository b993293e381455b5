"""A classifier that tries to tell two samples apart: joint shift that no single column shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from xaiframe.explanation import Array
from xaiframe.precaution.columns import codes, distinct, kind, numbers

LEVELS = 10
"""Categories given an input of their own; the others share one."""
RIDGE = 0.3
"""Times the kernel's mean diagonal."""


@dataclass(frozen=True)
class Domain:
    """What the classifier reached.

    auc: mean over folds; low, high: its 95 % interval; null_mean, null_sd: of the same AUC when the
    samples' labels are shuffled; n, m: rows of each; importance: column → AUC lost when the column
    is blanked in the held-out rows.
    """

    auc: float
    low: float
    high: float
    null_mean: float
    null_sd: float
    n: int
    m: int
    importance: dict[str, float]


def separate(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    folds: int,
    permutations: int,
    seed: int,
    listed: int = 60,
) -> Domain:
    """Cross-validated AUC of telling ``current`` from ``reference`` rows (Lopez-Paz & Oquab 2016,
    arXiv:1610.06545), and its law under shuffled labels.

    Kernel ridge on normal scores: with one linear solve per fold every shuffle of the labels is one
    more right-hand side, so the null law is the classifier's own, not an approximation. Quadratic
    in rows: the caller bounds them. Importance of the ``listed`` first columns only.
    """
    joined = pd.concat([reference, current], ignore_index=True)
    z, owner = inputs(joined)
    truth = np.arange(len(joined)) >= len(reference)
    random = np.random.default_rng([seed, 29])
    shuffled = [random.permutation(truth) for _ in range(permutations)]
    labels = np.column_stack([truth, *shuffled]).astype(np.float64)
    fold = stratified(truth, folds, random)
    reached, lost = [], []
    for k in range(folds):
        held = fold == k
        weights = fit(z[~held], labels[~held])
        reached.append(auc(similarity(z[held], z[~held]) @ weights, labels[held]))
        lost.append(blanked(z[held], z[~held], weights[:, :1], labels[held][:, :1], owner, listed))
    means, n, m = np.mean(reached, axis=0), len(reference), len(current)
    half = norm.ppf(0.975) * hanley_sd(float(means[0]), n, m)
    names = [str(name) for name in joined.columns]
    drops = means[0] - np.mean(lost, axis=0)
    return Domain(
        float(means[0]),
        max(float(means[0] - half), 0.0),
        min(float(means[0] + half), 1.0),
        float(means[1:].mean()),
        float(means[1:].std(ddof=1)),
        n,
        m,
        dict(zip(names, map(float, drops), strict=False)),
    )


def stratified(truth: Array, folds: int, random: np.random.Generator) -> Array:
    """``(n,)`` fold numbers, both samples spread evenly over them."""
    fold = np.empty(len(truth), dtype=np.int64)
    for sample in (truth, ~truth):
        fold[sample] = random.permutation(np.arange(sample.sum()) % folds)
    return fold


def inputs(frame: pd.DataFrame) -> tuple[Array, Array]:
    """``(n, inputs)`` comparable numbers, and ``(inputs,)`` the column each belongs to.

    Numbers as normal scores of their ranks, 0 where missing; categories and missingness as
    standardised indicators.
    """
    parts, owner = [], []
    for position, (_, column) in enumerate(frame.items()):
        made = _scores(column) if kind(column) == "numeric" else _indicators(codes(column, LEVELS))
        parts.append(made)
        owner += [position] * made.shape[1]
    return np.hstack(parts), np.array(owner)


def _scores(column: pd.Series) -> Array:
    values = numbers(column)
    gaps = np.isnan(values)
    scores = np.zeros(len(values))
    if distinct(column) > 1:
        present = values[~gaps]
        scores[~gaps] = norm.ppf((rankdata(present) - 0.5) / len(present))
    missing = _indicators(gaps.astype(np.int64)) if gaps.any() else np.empty((len(values), 0))
    return np.hstack([scores[:, None], missing])


def _indicators(level: Array) -> Array:
    known = np.unique(level)
    # the last level is what the others leave over
    hot = (level[:, None] == known[:-1] if len(known) > 1 else level[:, None] * 0).astype(
        np.float64
    )
    spread = hot.std(axis=0)
    return np.asarray((hot - hot.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def similarity(a: Array, b: Array) -> Array:
    """``(n, m)`` kernel: a linear part for what moved, a Gaussian part for how columns belong
    together, its width √½ of the typical distance of two rows."""
    return combine(a @ b.T, squared(a, b), a.shape[1])


def combine(product: Array, distance: Array, width: int) -> Array:
    """The kernel from inner products and squared distances ``(n, m)`` in ``width`` inputs."""
    return np.asarray(product / width + np.exp(-distance / width))


def squared(a: Array, b: Array) -> Array:
    """``(n, m)`` squared Euclidean distances."""
    return np.asarray((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T)


def fit(z: Array, labels: Array) -> Array:
    """``(n, l)`` dual weights of kernel ridge for every column of ``labels`` ``(n, l)``."""
    kernel = similarity(z, z)
    # shrinks strongly, since shifts are small; any stronger, and a shift of the joint law alone
    # goes unseen in 500 rows (benchmarks/planted_faults.py)
    kernel[np.diag_indices_from(kernel)] += RIDGE * np.trace(kernel) / len(kernel)
    return np.linalg.solve(kernel, labels - labels.mean(axis=0))


def auc(score: Array, labels: Array) -> Array:
    """``(l,)`` area under the ROC curve of each column of ``score`` and ``labels`` ``(n, l)``;
    one half where only one of the samples occurs."""
    positive = labels.sum(axis=0)
    negative = len(labels) - positive
    pairs = positive * negative
    above = (rankdata(score, axis=0) * labels).sum(axis=0) - positive * (positive + 1) / 2
    return np.where(pairs > 0, above / np.where(pairs > 0, pairs, 1), 0.5)


def blanked(
    held: Array, known: Array, weights: Array, labels: Array, owner: Array, listed: int
) -> Array:
    """``(columns,)`` AUC on the held-out rows when one column's inputs are set to their mean, 0."""
    product, distance, width = held @ known.T, squared(held, known), held.shape[1]
    found = []
    for column in range(min(int(owner.max()) + 1, listed)):
        a, b = held[:, owner == column], known[:, owner == column]
        without = combine(product - a @ b.T, distance - squared(a, b) + (b**2).sum(axis=1), width)
        found.append(float(auc(without @ weights, labels)[0]))
    return np.array(found)


def hanley_sd(value: float, n: int, m: int) -> float:
    """Standard error of an AUC (Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747)."""
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (m - 1) * (q1 - value**2) + (n - 1) * (q2 - value**2)
    return float(np.sqrt(max(spread, 0.0) / (n * m)))
