"""What some input elements tell of the target by themselves, and which elements of a feature do."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.model_selection import cross_val_predict

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.probe.likeness import headline

TREES = 20
FOLDS = 3


def alone(data: Data, train: Split, inside: Array, seed: int) -> Array:
    """``(n,)`` out-of-fold answers of a small forest that sees the elements ``inside``
    ``input_shape`` of bool only; of one that knows nothing where they never vary.

    Raises NotApplicable where a class has fewer rows than folds.
    """
    seen = train.x.reshape(len(train), -1)[:, inside.reshape(-1)]
    if not seen.size or not np.ptp(seen, axis=0).any():
        return np.zeros_like(train.y) if data.classes else np.full(len(train), train.y.mean())
    forest = RandomForestClassifier if data.classes else RandomForestRegressor
    small = forest(TREES, min_samples_leaf=3, random_state=seed % 2**32)
    try:
        return np.asarray(cross_val_predict(small, seen, train.y, cv=FOLDS))
    except ValueError as error:
        raise NotApplicable(f"the training rows cannot be parted: {error}") from error


def above_chance(data: Data, y: Array, told: Array) -> float:
    """Balanced accuracy above chance ÷ what there is above it, or R²; 0 guesses, 1 is right."""
    return float(rescaled(data, y, np.array(headline(y, told, data.task))))


def rescaled(data: Data, y: Array, right: Array) -> Array:
    """Balanced accuracies ``right`` from chance to 1, as 0 to 1; an R² as it is."""
    if not data.classes:
        return right
    chance = 1 / len(np.unique(y))
    return (right - chance) / (1 - chance) if chance < 1 else np.zeros_like(right)


def some(split: Split, rows: int, random: np.random.Generator) -> Split:
    """At most so many rows, drawn, in their order."""
    if len(split) <= rows:
        return split
    return split.take(np.sort(random.choice(len(split), rows, replace=False)))


def telling(data: Data, train: Split, named: Array, limit: float, seed: int) -> Array:
    """``input_shape`` bool: the elements by which the features ``named`` (their numbers) tell.

    Of each feature those with the most mutual information with the target (Ross 2014,
    doi:10.1371/journal.pone.0087357; Kraskov et al. 2004, arXiv:cond-mat/0305641), just so many
    that the others together tell ``limit`` (:func:`above_chance`) or less: a mark may cover a part
    of a patch, and the strokes in the rest may be learnt from. All elements of a feature that
    tells no more than that, and of a table's column, whose indicators mean something together.
    """
    if data.modality == "table":
        return np.isin(data.feature_mask, named)
    found = np.zeros(data.feature_mask.size, dtype=bool)
    for feature in named:
        found[_telling(data, train, int(feature), limit, seed)] = True
    return found.reshape(data.input_shape)


def _telling(data: Data, train: Split, feature: int, limit: float, seed: int) -> Array:
    """Positions of the feature's telling elements, their number found by halving."""
    at = np.flatnonzero(data.feature_mask == feature)
    information = mutual_info_classif if data.classes else mutual_info_regression
    values = train.x.reshape(len(train), -1)[:, at]
    at = at[np.argsort(-information(values, train.y, random_state=seed % 2**32), kind="stable")]

    def silent(rest: Array) -> bool:
        inside = np.isin(np.arange(data.feature_mask.size), rest)
        return above_chance(data, train.y, alone(data, train, inside, seed)) <= limit

    if silent(at):
        return at
    least, most = 1, len(at)
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if silent(at[middle:]) else (middle + 1, most)
    return at[:least]
