"""How much likelier a row is in one sample than in another: the odds of a classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from xaiframe.explanation import Array
from xaiframe.precaution.columns import codes, kind, numbers
from xaiframe.precaution.drift.domain import LEVELS, hanley_sd

FURTHEST = 4.0
"""Standard deviations at which a value is held: an outlier must not carry the odds."""


@dataclass(frozen=True)
class Likeness:
    """odds: ``(n,)`` of each reference row to come from the current sample, up to a factor; auc,
    half: how well the two are told apart, and half the width of its 95 % interval."""

    odds: Array
    auc: float
    half: float

    def clipped(self, most: float) -> Array:
        """``(n,)`` the odds, held at ``most`` times their mean."""
        return np.minimum(self.odds, most * self.odds.mean())


def likeness(reference: pd.DataFrame, current: pd.DataFrame, folds: int, seed: int) -> Likeness:
    """The density ratio current ÷ reference at each reference row (Bickel et al. 2009, JMLR 10), by
    a logistic regression on numbers, their squares and levels that was not fitted on that row."""
    n, m = len(reference), len(current)
    x, is_current = design(reference, current), np.arange(n + m) >= n
    cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
    classifier = LogisticRegression(max_iter=1000)
    chance = cross_val_predict(classifier, x, is_current, cv=cut, method="predict_proba")[:, 1]
    auc = float(roc_auc_score(is_current, chance))
    half = 1.96 * hanley_sd(max(auc, 0.5), n, m)
    return Likeness(chance[:n] / (1 - chance[:n]), auc, half)


def design(reference: pd.DataFrame, current: pd.DataFrame) -> Array:
    """``(n + m, inputs)`` of both samples: standardised numbers with their squares, indicators of
    gaps and of the commonest levels; what does not vary is left out."""
    joined = pd.concat([reference, current], ignore_index=True)
    parts = [
        standardised(column) if kind(column) == "numeric" else levels(column)
        for _, column in joined.items()
    ]
    whole = np.hstack([np.zeros((len(joined), 1)), *parts])
    return whole[:, whole.std(axis=0) > 0] if (whole.std(axis=0) > 0).any() else whole


def standardised(column: pd.Series) -> Array:
    """``(n, 3)``: z, z², missing; 0 where missing or constant."""
    values = numbers(column)
    gaps = np.isnan(values)
    if gaps.all() or np.nanstd(values) == 0:
        return np.stack([np.zeros(len(values)), np.zeros(len(values)), gaps], axis=1)
    z = (values - np.nanmean(values)) / np.nanstd(values)
    z = np.clip(np.where(gaps, 0.0, z), -FURTHEST, FURTHEST)
    return np.stack([z, z**2, gaps], axis=1)


def levels(column: pd.Series) -> Array:
    """``(n, levels)`` indicators of the commonest levels."""
    code = codes(column, LEVELS)
    return (code[:, None] == np.unique(code)[None]).astype(np.float64)
