"""Rows to look at: the most ordinary ones of each class and the most unusual."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.precaution.columns import kind, numbers, texts

CLASSES = 12
"""Classes of which examples are kept; the first of them."""
COLUMNS = ["position", "id", "class", "kind", "unusual"]


def unusual(frame: pd.DataFrame) -> Array:
    """``(n,)`` in [0, 1]: mean over the columns of how far from the middle a number's rank lies,
    and of the share of rows with a commoner category; a missing number counts as the middle."""
    n, total = len(frame), np.zeros(len(frame))
    for _, column in frame.items():
        if kind(column) == "numeric":
            values = numbers(column)
            present = np.isfinite(values)
            ranks = rankdata(values[present]) - 0.5
            total[present] += np.abs(2 * ranks / max(len(ranks), 1) - 1)
        else:
            told = texts(column)
            total += 1 - told.map(told.value_counts()).to_numpy(dtype=np.float64) / n
    return np.asarray(total / max(frame.shape[1], 1))


def choose(data: Data, most: int) -> pd.DataFrame:
    """``most`` typical and ``most`` extreme training rows per class (of all, where the target is a
    number): position in the split, id, class, kind, unusual."""
    score = unusual(data.train.frame)
    classes = list(enumerate(data.classes))[:CLASSES]
    groups = [(name, np.flatnonzero(data.train.y == k)) for k, name in classes]
    rows = []
    for name, own in groups or [("", np.arange(len(data.train)))]:
        order = own[np.argsort(score[own], kind="stable")]
        typical = order[:most]
        extreme = order[max(len(typical), len(order) - most) :][::-1]
        for told, positions in (("typical", typical), ("extreme", extreme)):
            rows += [
                (int(p), int(data.train.ids[p]), name, told, float(score[p])) for p in positions
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def coverage(frame: pd.DataFrame, positions: Array) -> pd.DataFrame:
    """How much of each column the rows at ``positions`` show: share of a number's range, or share
    of the rows whose category is among theirs; NaN of a column without values."""
    shown = frame.iloc[positions]
    rows = [(str(name), _covered(column, shown[name])) for name, column in frame.items()]
    return pd.DataFrame(rows, columns=["column", "covered"])


def _covered(column: pd.Series, shown: pd.Series) -> float:
    if kind(column) == "categorical":
        present = column.dropna().map(str)
        return float(present.isin(set(shown.dropna().map(str))).mean()) if len(present) else np.nan
    values, own = numbers(column), numbers(shown)
    values, own = values[np.isfinite(values)], own[np.isfinite(own)]
    if len(values) == 0 or len(own) == 0:
        return np.nan if len(values) == 0 else 0.0
    whole = float(np.ptp(values))
    return float(np.ptp(own)) / whole if whole > 0 else 1.0
