"""How alike two sets of answers are, and which is nearer to the truth: with 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import r2_score, recall_score

from xaiframe.explanation import Array

RESAMPLES = 1000


@dataclass(frozen=True)
class Measured:
    """A value with its 95 % interval, NaN where it is not defined."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> tuple[float, float]:
        return self.low, self.high


def alike(a: Array, b: Array) -> Measured:
    """Share of the rows in which ``a`` and ``b`` ``(n,)`` are the same class, after Wilson 1927
    (doi:10.1080/01621459.1927.10502953): also where all are."""
    same = int((a == b).sum())
    ends = binomtest(same, len(a)).proportion_ci(method="wilson")
    return Measured(same / len(a), float(ends.low), float(ends.high))


def skill(answers: Array, by: Array, constant: float, task: str, seed: int) -> Measured:
    """Share of a ``constant``'s errors against ``answers`` ``(n,)`` that ``by`` ``(n,)`` avoids:
    1 where it has none, 0 where it has as many. Of values that is R².

    Of classes an error is another class, and the interval is that of the share of errors; of
    values an error is a squared deviation, and the interval is a bootstrap over the rows.
    """
    if task == "classification":
        wrong = float((answers != constant).mean())
        if wrong == 0:
            return Measured(np.nan, np.nan, np.nan)
        same = alike(answers, by)
        return Measured(*(1 - (1 - one) / wrong for one in (same.value, *same.interval)))
    weights = resampling(np.zeros(len(answers), dtype=int), seed)
    return _estimate(
        lambda w: 1 - (w @ (answers - by) ** 2) / _above_zero(w @ (answers - constant) ** 2),
        weights,
    )


def headline(truth: Array, answers: Array, task: str) -> float:
    """Balanced accuracy of ``answers`` ``(n,)`` over the classes in ``truth`` ``(n,)``, or R²."""
    if task == "regression":
        return float(r2_score(truth, answers))
    return float(recall_score(truth, answers, labels=np.unique(truth), average="macro"))


def score(truth: Array, answers: Array, weights: Array, task: str) -> Array:
    """``(b,)`` :func:`headline` of ``answers`` ``(n,)`` under ``weights`` ``(b, n)``."""
    if task == "classification":
        right = (truth == answers).astype(np.float64)
        recalls = [
            (weights[:, own] @ right[own]) / _above_zero(weights[:, own].sum(axis=1))
            for own in (truth == one for one in np.unique(truth))
        ]
        return np.asarray(np.mean(recalls, axis=0))
    truth, answers = truth.astype(np.float64), answers.astype(np.float64)
    total = weights.sum(axis=1)
    mean = (weights @ truth) / total
    spread = (weights @ truth**2) / total - mean**2
    return np.asarray(1 - (weights @ (truth - answers) ** 2) / total / _above_zero(spread))


def compared(
    truth: Array, audited: Array, other: Array, task: str, seed: int
) -> dict[str, Measured]:
    """``audited`` and ``other`` ``(n,)`` against ``truth`` ``(n,)`` on the same rows.

    score: of the other; audited; difference: audited − other, resampled together, so that what
    both find hard does not widen it; agreement: share of rows with the same class, or correlation
    of the values. Resampled within classes.
    """
    groups = truth if task == "classification" else np.zeros(len(truth), dtype=int)
    weights = resampling(groups, seed)
    found = {
        "score": _estimate(lambda w: score(truth, other, w, task), weights),
        "audited": _estimate(lambda w: score(truth, audited, w, task), weights),
        "difference": _estimate(
            lambda w: score(truth, audited, w, task) - score(truth, other, w, task), weights
        ),
    }
    if task == "classification":
        return found | {"agreement": alike(audited, other)}
    return found | {"agreement": _estimate(lambda w: correlation(audited, other, w), weights)}


def correlation(a: Array, b: Array, weights: Array) -> Array:
    """``(b,)`` Pearson's of ``a`` and ``b`` ``(n,)`` under each row of ``weights`` ``(b, n)``."""
    weights = weights / weights.sum(axis=1, keepdims=True)
    a, b = a.astype(np.float64) - a.mean(), b.astype(np.float64) - b.mean()
    mean_a, mean_b = weights @ a, weights @ b
    spread = (weights @ a**2 - mean_a**2) * (weights @ b**2 - mean_b**2)
    return np.asarray((weights @ (a * b) - mean_a * mean_b) / np.sqrt(_above_zero(spread)))


def resampling(groups: Array, seed: int) -> Array:
    """``(RESAMPLES, n)`` how often each row is drawn, within its group of ``groups`` ``(n,)``."""
    random = np.random.default_rng([seed % 2**64, 67])
    counts = np.zeros((RESAMPLES, len(groups)))
    for one in np.unique(groups):
        own = np.flatnonzero(groups == one)
        counts[:, own] = random.multinomial(len(own), np.full(len(own), 1 / len(own)), RESAMPLES)
    return counts


def _estimate(statistic: Callable[[Array], Array], weights: Array) -> Measured:
    """The statistic of all rows alike, and the middle 95 % of its resampled values."""
    value = float(statistic(np.ones((1, weights.shape[1])))[0])
    again = statistic(weights)
    again = again[np.isfinite(again)]
    if not np.isfinite(value) or len(again) < RESAMPLES / 2:
        return Measured(value, np.nan, np.nan)
    low, high = np.quantile(again, [0.025, 0.975])
    return Measured(value, float(low), float(high))


def _above_zero(values: Array) -> Array:
    return np.where(values > 1e-12, values, np.nan)
