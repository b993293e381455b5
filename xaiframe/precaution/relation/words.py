"""Words: which messages hold the words that go most with the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import chi2, r_regression

from xaiframe.explanation import Array

MOST = 20
"""Words whose predictive power is measured, the strongest by chi-squared, or by correlation."""
FEWEST = 5
"""Messages that a word must stand in, so that no single person's words are named."""


def presence(messages: Array, y: Array, task: str = "classification") -> pd.DataFrame:
    """``(n, words)`` 0 or 1: whether a message holds each of the words that go most with ``y``
    ``(n,)``, classes or numbers; no columns where no word is frequent enough or y does not vary."""
    texts = [str(one) for one in messages]
    spoken = sum(any(mark.isalnum() for mark in one) for one in texts)
    if spoken < FEWEST or len(np.unique(y)) < 2:
        return pd.DataFrame(index=range(len(texts)))
    counter = CountVectorizer(binary=True, token_pattern=r"(?u)\b\w+\b")
    held = counter.fit_transform(texts)
    counts = np.asarray(held.sum(axis=0)).ravel()
    common = np.flatnonzero((counts >= FEWEST) & (counts < len(texts)))
    if not common.size:
        return pd.DataFrame(index=range(len(texts)))
    strength = (
        np.nan_to_num(chi2(held[:, common], y)[0])
        if task == "classification"
        else np.abs(r_regression(held[:, common].astype(np.float64), y.astype(np.float64)))
    )
    best = common[np.argsort(-strength, kind="stable")[:MOST]]
    names = counter.get_feature_names_out()[best]
    return pd.DataFrame(held[:, best].toarray().astype(np.float64), columns=names)
