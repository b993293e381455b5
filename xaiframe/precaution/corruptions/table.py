"""What happens to tables: measurement noise, cells without a value, cells of another row."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.data.tables.column import Numeric
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.explanation import Array
from xaiframe.precaution.corruptions.face import Corruption
from xaiframe.probe.movable import numeric

ONE = "one cell of each row"


def whole(data: Data) -> Array:
    """``(features,)`` bool: which are integers to the user."""
    if not isinstance(data.encoding, TableEncoding):
        return np.zeros(len(data.features), dtype=bool)
    return np.array([isinstance(one, Numeric) and one.whole for one in data.encoding.columns])


def jitter(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """Gaussian noise on numeric cells, ``amount`` its standard deviation in those of the column,
    within the column's training range; integers stay integers."""
    values, train = data.encoding.values(rows.x), finite(data.encoding.values(data.train.x))
    moving = numeric(data) & np.isfinite(train).any(axis=0)
    known = np.where(moving, train, 0.0)
    noise = amount * np.nanstd(known, axis=0) * random.normal(size=values.shape)
    noise = np.where(whole(data), np.round(noise), noise)
    low, high = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
    moved = np.clip(values + noise, np.fmin(low, values), np.fmax(high, values))
    return data.encoding.elements(np.where(moving & np.isfinite(values), moved, values))


def finite(values: Array) -> Array:
    """``values`` with NaN for what is not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def missing(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """A share of each row's cells, at least one, is not there: what the data's encoding puts in
    their place, otherwise the training median."""
    values = data.encoding.values(rows.x)
    values[_cells(values, amount, random)] = np.nan
    x = data.encoding.elements(values)
    return np.where(np.isnan(x), np.median(data.train.x, axis=0), x).astype(np.float32)


def swap(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """A share of each row's cells, at least one, is that of another row of the sample."""
    values = data.encoding.values(rows.x)
    others = np.stack([random.permutation(column) for column in values.T], axis=1)
    return data.encoding.elements(np.where(_cells(values, amount, random), others, values))


def _cells(values: Array, share: float, random: np.random.Generator) -> Array:
    """``(n, features)`` bool: the same number of random cells in each row."""
    count = max(1, round(share * values.shape[1]))
    rank = random.random(values.shape).argsort(axis=1)
    return np.asarray(rank < count)


CORRUPTIONS = (
    Corruption("jitter", jitter, (0.02, 0.1, 0.5), "sd of the column", True),
    Corruption("missing cells", missing, (0.0, 0.1, 0.3), "of the cells", False, ONE),
    Corruption("swapped cells", swap, (0.0, 0.1, 0.3), "of the cells", False, ONE),
)
"""Severities are ours."""
