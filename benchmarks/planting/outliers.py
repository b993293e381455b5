"""Outliers: training rows that lie far from all others."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from benchmarks.planting.clean import Clean, inputs, made, read
from benchmarks.planting.fault import Arm, Fault
from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.columns import kind, numbers

CENTRAL = 0.9
REACH = 6.0
"""Standard deviations that an outlying cell is moved by."""


@cache
def central(name: str) -> Clean:
    """The nine tenths of a source's rows nearest its middle (Mahalanobis distance on the leading
    components), outlying cells of what is left drawn in to the central 95 % of their column.

    Whatever was outlying in the source is gone.
    """
    clean = read(name)
    z = StandardScaler().fit_transform(inputs(clean))
    score = PCA(0.95, whiten=True, random_state=0).fit_transform(z)
    distance = (score**2).sum(axis=1)
    kept = clean.keep(np.flatnonzero(distance <= np.quantile(distance, CENTRAL)))
    if clean.like.modality != "table":
        return kept
    frame = kept.rows.frame.copy()
    for column in numeric(frame):
        low, high = np.nanquantile(numbers(frame[column]), [0.025, 0.975], method="nearest")
        frame[column] = frame[column].clip(low, high)
    return replace(kept, rows=replace(kept.rows, frame=frame))


def numeric(frame: pd.DataFrame) -> list[str]:
    """Columns that hold numbers with more than five values."""
    return [
        str(name)
        for name, cells in frame.items()
        if kind(cells) == "numeric" and cells.nunique() > 5
    ]


def scatter(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """``share`` of the training rows: in a table, a third of the numeric cells moved by 6 standard
    deviations either way; pictures become squares of chance, see :func:`noisy`."""
    splits = central(clean.name).draw(random, n).split(random)
    train = splits["train"]
    at = random.choice(len(train), max(round(share * len(train)), 1), replace=False)
    splits["train"] = (
        moved(train, at, random) if clean.like.modality == "table" else noisy(train, at, random)
    )
    return Arm(made(clean.like, splits), ids=tuple(train.ids[at].tolist()))


def moved(train: Split, at: Array, random: np.random.Generator) -> Split:
    frame, names = train.frame.copy(), numeric(train.frame)
    for name in names:
        frame[name] = frame[name].astype(np.float64)
    count = max(len(names) // 3, 1)
    for row in at:
        for name in random.choice(names, count, replace=False):
            step = random.choice([-1, 1]) * REACH * train.frame[name].std()
            frame.loc[row, name] += step
    return replace(train, frame=frame)


def noisy(train: Split, at: Array, random: np.random.Generator) -> Split:
    """Every picture squares of levels drawn evenly between two levels of its own, the side of the
    squares its own as well: unlike the others, and unlike each other."""
    x = train.x.copy()
    low, high = float(x.min()), float(x.max())
    channels, height, width = x.shape[1:]
    for row in at:
        side = int(random.integers(1, max(width // 4, 2) + 1))
        dark, bright = np.sort(random.uniform(low, high, 2))
        squares = random.uniform(dark, bright, (channels, -(-height // side), -(-width // side)))
        whole = squares.repeat(side, axis=1).repeat(side, axis=2)
        x[row] = whole[:, :height, :width]
    return replace(train, x=x)


def compact(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """Only rows of the source's centre, see :func:`central`: none is outlying."""
    splits = central(clean.name).draw(random, n).split(random)
    return Arm(made(clean.like, splits))


FAULTS = (
    Fault(
        name="outliers",
        check="purity",
        rules=("outliers",),
        sources=("breast_cancer", "bike_sharing", "digits", "fashion_mnist"),
        strengths=(0.01, 0.05),
        unit="share",
        plant=scatter,
        control=compact,
    ),
)
