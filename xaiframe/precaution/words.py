"""Words: which messages hold the words that differ most between the classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import chi2

from xaiframe.explanation import Array

MOST = 20
"""Words whose predictive power is measured, the strongest by chi-squared."""
FEWEST = 5
"""Messages that a word must stand in, so that no single person's words are named."""


def presence(messages: Array, y: Array) -> pd.DataFrame:
    """``(n, words)`` 0 or 1: whether a message holds each of the words that tell the classes
    ``y`` ``(n,)`` apart best; no columns where no word is frequent enough or one class is left."""
    texts = [str(one) for one in messages]
    spoken = sum(any(mark.isalnum() for mark in one) for one in texts)
    if spoken < FEWEST or len(np.unique(y)) < 2:
        return pd.DataFrame(index=range(len(texts)))
    counter = CountVectorizer(binary=True, token_pattern=r"(?u)\b\w+\b")
    held = counter.fit_transform(texts)
    common = np.flatnonzero(np.asarray(held.sum(axis=0)).ravel() >= FEWEST)
    if not common.size:
        return pd.DataFrame(index=range(len(texts)))
    strength = np.nan_to_num(chi2(held[:, common], y)[0])
    best = common[np.argsort(-strength, kind="stable")[:MOST]]
    names = counter.get_feature_names_out()[best]
    return pd.DataFrame(held[:, best].toarray().astype(np.float64), columns=names)
