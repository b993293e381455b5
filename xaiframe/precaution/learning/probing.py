"""The quick probe that the checks train: what it sees of each modality, and its folds."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.model_selection import KFold, StratifiedKFold

from xaiframe.data.face import Data, Split
from xaiframe.data.messages.words import key, words
from xaiframe.explanation import Array
from xaiframe.precaution.columns import encode, region_means

HASHES = 1024
"""Numbers that words are hashed to, for a forest that cannot take a word as it is."""


def probed(split: Split, data: Data) -> Any:
    """``(n, columns)`` what the probe sees, sparse for messages; what is not finite is read as 0.

    A forest that took a word or a sample by its place would learn nothing from one that moved.
    """
    if data.modality == "text":
        return HASHER.transform(split.original)
    if data.modality != "series":
        return np.nan_to_num(split.x.reshape(len(split), -1))
    parts = [encode(split.frame)]
    if data.aligned:
        parts.append(region_means(split.x, data).to_numpy())
    return np.nan_to_num(np.hstack(parts))


def spoken(message: str) -> list[str]:
    """The words of a message, their case aside."""
    return [key(word.surface) for word in words(message)]


HASHER = HashingVectorizer(
    n_features=HASHES, analyzer=spoken, norm=None, alternate_sign=False, dtype=np.float32
)


def forest(task: str, trees: int, seed: int, **options: Any) -> Any:
    """A random forest that has not been trained (Breiman 2001, doi:10.1023/A:1010933404324)."""
    kind = RandomForestClassifier if task == "classification" else RandomForestRegressor
    return kind(n_estimators=trees, random_state=seed, **options)


UNTEACHABLE = "too few rows, a single target value, or almost a class per row"


def teachable(y: Array, task: str, folds: int) -> bool:
    """Whether a probe can be trained and held out in ``folds`` on the targets ``y`` ``(n,)``."""
    kinds = len(np.unique(y))
    lone = task == "classification" and 3 * kinds > len(y)
    return len(y) >= 2 * folds and kinds > 1 and not lone


def folds_of(y: Array, task: str, folds: int, seed: int) -> list[tuple[Array, Array]]:
    """(fitted, held-out) positions of each fold, classes spread evenly where all have enough rows
    (a class with fewer rows than folds cannot be stratified)."""
    able = task == "classification" and np.unique(y, return_counts=True)[1].min() >= folds
    split = StratifiedKFold if able else KFold
    return list(split(folds, shuffle=True, random_state=seed).split(y, y))
