"""What no later row can offer: a row's number that tells the target, test rows from before."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from xaiframe.data.face import Data
from xaiframe.data.order import moments
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.precaution.columns import kind, numbers, texts
from xaiframe.precaution.measure import share_fact
from xaiframe.precaution.profiles.table import identifier, inferred

RANGES, DRAWS = 20, 400
"""Ranges a column is cut into, of at least ten rows; permutations of the target."""
LATE = 0.9
"""A split is meant to be in time where the median test row is later than this share of train."""


def index_leakage(data: Data, seed: int) -> list[Fact]:
    """Fact index_leakage: the largest share of the target's variation that ranges of a feature
    which names the row explain; index_leakage_null99: what it stays below in 99 of 100
    permutations of the target, largest over the same columns; identifying_features, their number.

    A sorted file is no fault as long as no feature lets the model see the order; then there is
    nothing to judge. Of classes the variation is Gini's (Goodman & Kruskal 1954,
    doi:10.1080/01621459.1954.10501231), of numbers the variance of their ranks.
    """
    named = identifiers(data)
    n, names = len(data.train), ("index_leakage", "index_leakage_null99")
    if not named or len(np.unique(data.train.y)) < 2:
        reason = "the target never changes" if named else "no feature names the row"
        told = [Fact(name, None, "share", n=n, better="lower", reason=reason) for name in names]
        return [*told, Fact("identifying_features", 0, "columns", n=n, better="lower")]
    levels = spread_out(data.train.y, data.task)
    cuts = [ranges(one) for one in named.values()]
    found = [explained(one, levels) for one in cuts]
    random = np.random.default_rng([seed, 263])
    drawn = []
    for _ in range(DRAWS):
        mixed = levels[random.permutation(n)]
        drawn.append(max(explained(one, mixed) for one in cuts))
    limit, by = float(np.quantile(drawn, 0.99)), source("scipy")
    return [
        Fact(names[0], max(found), "share", n=n, better="lower", source=by),
        Fact(names[1], limit, "share", n=n, source=by),
        Fact("identifying_features", len(named), "columns", n=n, better="lower"),
    ]


def identifiers(data: Data) -> dict[str, Array]:
    """Column → ``(n,)`` ranks, of the features of a table that look like the name of a row; the
    column that orders the rows in time is none."""
    if data.modality != "table":
        return {}
    found = {}
    for name, column in data.train.frame.items():
        if str(name) != data.time and identifier(column, inferred(column), data.train.ids):
            numeric = kind(column) == "numeric"
            told = numbers(column) if numeric else pd.factorize(texts(column), sort=True)[0]
            found[str(name)] = rankdata(np.nan_to_num(told, nan=-np.inf))
    return found


def ranges(ranks: Array) -> Array:
    """``(n,)`` int: which of equally filled ranges each row's rank falls into."""
    count = min(RANGES, max(len(ranks) // 10, 2))
    return np.minimum((ranks - 1) * count // len(ranks), count - 1).astype(np.int64)


def spread_out(y: Array, task: str) -> Array:
    """``(n, k)`` the target as columns of mean 0: its classes, or its ranks."""
    columns = pd.get_dummies(pd.Series(y)).to_numpy(np.float64)
    columns = rankdata(y)[:, None] if task == "regression" else columns
    return np.asarray(columns - columns.mean(axis=0))


def explained(cut: Array, levels: Array) -> float:
    """Share of the sum of squares of ``(n, k)`` columns of mean 0 that lies between ranges."""
    size = np.bincount(cut)
    sums = np.column_stack([np.bincount(cut, one, len(size)) for one in levels.T])
    return float((sums**2 / np.maximum(size, 1)[:, None]).sum() / (levels**2).sum())


def date_leakage(data: Data) -> list[Fact]:
    """Fact date_leakage: the share of dated test rows from before the last training row, of a
    split in time; without a value where rows have no order or were not split by it, which
    split_in_time tells."""
    try:
        train, test = (moments(split, data.time) for split in (data.train, data.test))
    except NotApplicable as missing:
        return _undated(str(missing))
    train, test = train[np.isfinite(train)], test[np.isfinite(test)]
    if not len(train) or not len(test):
        return _undated("no row of a split has a date")
    if (train < np.median(test)).mean() < LATE:
        return _undated("the split is not in time: test rows lie among the training rows")
    share = share_fact("date_leakage", int((test < train.max()).sum()), len(test))
    return [share, Fact("split_in_time", True)]


def _undated(reason: str) -> list[Fact]:
    share = Fact("date_leakage", None, "share", n=0, better="lower", reason=reason)
    return [share, Fact("split_in_time", False)]
