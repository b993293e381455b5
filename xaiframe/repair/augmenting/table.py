"""Copies of a table's rows: numbers moved towards another row of the class, and noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.repair.augmenting.strength import Strength
from xaiframe.repair.numbers import Numbers


def altered(copies: Split, data: Data, by: Strength, random: np.random.Generator) -> Split:
    """``copies`` with the numeric columns of ``x`` ``(n, elements)`` altered: up to ``mixing`` of
    the way to a row of the same class (after SMOTE, Chawla et al. 2002, doi:10.1613/jair.953; none
    for regression), then noise. Whole numbers stay whole, gaps gaps, levels levels; every number
    stays within the range that training shows.
    """
    numbers, x = Numbers.of(data), copies.x.copy()
    values, gaps = numbers.present(x), numbers.missing(x)
    if data.task == "classification" and len(copies):
        other = values[partners(copies.y, random)]
        way = by.mixing * random.random((len(x), 1))
        values = values + way * np.where(np.isnan(other), 0.0, other - values)
    known = numbers.present(data.train.x)
    spread = np.nan_to_num(np.nanstd(np.where(np.isnan(known), 0, known), axis=0))
    values = values + by.noise * spread * random.normal(size=values.shape)
    whole = np.array([bool((one == np.round(one)).all()) for one in data.train.x[:, numbers.at].T])
    values = np.where(whole, np.round(values), values) if len(whole) else values
    low, high = data.train.x[:, numbers.at].min(axis=0), data.train.x[:, numbers.at].max(axis=0)
    x[:, numbers.at] = np.where(gaps, x[:, numbers.at], np.clip(values, low, high))
    return replace(copies, x=x, frame=written(copies.frame, x, data))


def partners(y: Array, random: np.random.Generator) -> Array:
    """``(n,)`` position of another row of the same class, or the row itself where it is alone."""
    found = np.arange(len(y))
    for one in np.unique(y):
        rows = np.flatnonzero(y == one)
        found[rows] = random.permutation(rows)
    return found


def written(frame: pd.DataFrame, x: Array, data: Data) -> pd.DataFrame:
    """The columns that the altered inputs say, in place of those they were copied from."""
    told = data.encoding.raw(x)
    if not isinstance(told, pd.DataFrame):
        told = pd.DataFrame(x.reshape(len(x), -1), columns=list(data.features))
    made = frame.copy()
    for name in told.columns.intersection(frame.columns):
        made[name] = told[name].to_numpy()
    return made
