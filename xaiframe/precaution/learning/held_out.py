"""How well a probe answers rows it has not seen, from ever more training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xaiframe.explanation import Array
from xaiframe.precaution.learning.probing import folds_of, forest


@dataclass(frozen=True)
class Answers:
    """sizes: ``(s,)`` training rows, rising; told: ``(repeats, s, n)`` what was answered to each
    row when it was held out; y: ``(n,)`` the truth."""

    sizes: Array
    told: Array
    y: Array


def answers(
    x: Any, y: Array, task: str, sizes: int, folds: int, repeats: int, trees: int, seed: int
) -> Answers:
    """Cross-validated answers from nested training sets, each twice the one before."""
    most = int(len(y) * (folds - 1) / folds)
    amounts = np.unique(most // 2 ** np.arange(sizes))
    told = np.empty((repeats, len(amounts), len(y)))
    for repeat in range(repeats):
        own = seed + 1009 * repeat
        for known, held in folds_of(y, task, folds, own):
            order = known[_mixed(y[known], task, own)]
            for position, amount in enumerate(amounts):
                rows = order[:amount]
                probe = _probe(task, trees, own).fit(x[rows], y[rows])
                told[repeat, position, held] = probe.predict(x[held])
    return Answers(amounts, told, y)


def _probe(task: str, trees: int, seed: int) -> Any:
    # the score counts classes equally: so does the forest
    balanced = {"class_weight": "balanced"} if task == "classification" else {"max_features": 1 / 3}
    return forest(task, trees, seed, min_samples_leaf=2, **balanced)


def _mixed(y: Array, task: str, seed: int) -> Array:
    """``(n,)`` positions in random order, every beginning of which holds the classes in their
    shares."""
    random = np.random.default_rng([seed, 47])
    order = random.permutation(len(y))
    if task != "classification":
        return order
    place = np.empty(len(y))
    for label in np.unique(y):
        own = order[y[order] == label]
        place[own] = (np.arange(len(own)) + random.random()) / len(own)
    return np.argsort(place, kind="stable")


def scores(found: Answers, task: str, weights: Array) -> Array:
    """``(draws, sizes)`` balanced accuracy or R² over the repeats, with ``weights``
    ``(draws, n)`` as the number of times each row was drawn."""
    truth = found.y.astype(np.float64)
    if task != "classification":
        error = np.square(found.told - truth).mean(axis=0)
        total = weights.sum(axis=1)
        mean = weights @ truth / total
        spread = weights @ truth**2 / total - mean**2
        lost = weights @ error.T / total[:, None]
        return np.asarray(1 - lost / np.where(spread > 0, spread, np.nan)[:, None])
    right = (found.told == found.y).mean(axis=0)
    member = (found.y[:, None] == np.unique(found.y)).astype(np.float64)
    rows = weights @ member
    hits = np.einsum("dn,sn,nk->dsk", weights, right, member, optimize=True)
    recall = hits / np.maximum(rows, 1)[:, None]
    return np.asarray(recall.sum(axis=2) / (rows > 0).sum(axis=1)[:, None])
