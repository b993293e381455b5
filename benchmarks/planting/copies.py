"""Copies: test rows that stand in the training data, training rows that almost repeat others."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from benchmarks.planting.clean import Clean, made, read
from benchmarks.planting.fault import Arm, Fault
from benchmarks.planting.outliers import numeric
from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.columns import numbers
from xaiframe.precaution.resemblance import local, pictures
from xaiframe.precaution.resemblance.twins import Space, fingerprints

APART = 0.1
"""Root-mean-square distance in training standard deviations, twice what counts as near; of
pictures the largest distance that can count."""
JITTER = 0.005
"""Standard deviations that a near copy's numbers are moved by."""


@cache
def distinct(name: str) -> Clean:
    """The source without repetition: of rows that are equal only the first stays."""
    clean = read(name)
    keys = pd.Series(fingerprints(clean.rows, clean.like))
    return clean.keep(np.flatnonzero(~keys.duplicated()))


@cache
def apart(name: str) -> Clean:
    """The source's different rows thinned until no two are nearer than :data:`APART`, so that
    whatever near copies it held are gone."""
    clean = distinct(name)
    whole = replace(clean.like, train=clean.rows)
    if clean.like.modality == "image":
        every = np.arange(len(clean.rows))
        points, radius = pictures.views(clean.rows, every, False)[0], local.MOST
    else:
        points, radius = Space.of(whole).points(clean.rows), APART
    search = NearestNeighbors(radius=radius).fit(points)
    left = np.ones(len(points), dtype=bool)
    for start in range(0, len(points), 1000):
        met = search.radius_neighbors(points[start : start + 1000], return_distance=False)
        for row, close in enumerate(met, start):
            if left[row]:
                left[close[close > row]] = False
    return clean.keep(np.flatnonzero(left))


def copied(into: Split, at: Array, source: Split, rows: Array) -> Split:
    """``into`` with the rows ``at`` replaced by ``rows`` of ``source``, under their own ids."""
    take = source.take(rows)
    frame = into.frame.copy().astype(object)
    frame.iloc[at] = take.frame.to_numpy(dtype=object)
    x, y = into.x.copy(), into.y.copy()
    x[at], y[at] = take.x, take.y
    original = None if into.original is None else into.original.copy()
    if original is not None:
        original[at] = take.original
    frame = frame.astype(dict(into.frame.dtypes))
    return replace(into, x=x, y=y, frame=frame, original=original)


def across(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """``share`` of the test rows are training rows, labels and all."""
    splits = distinct(clean.name).draw(random, n).split(random)
    test, train = splits["test"], splits["train"]
    count = max(round(share * len(test)), 1)
    at, rows = random.choice(len(test), count, replace=False), random.choice(len(train), count)
    splits["test"] = copied(test, at, train, rows)
    return Arm(made(clean.like, splits), ids=tuple(test.ids[at].tolist()))


def unrepeated(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """All rows differ, see :func:`distinct`: none can stand in two splits or twice in one."""
    splits = distinct(clean.name).draw(random, n).split(random)
    return Arm(made(clean.like, splits))


def almost(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """``share`` of the training rows are other training rows, every number moved a little."""
    splits = apart(clean.name).draw(random, n).split(random)
    train = splits["train"]
    count = max(round(share * len(train)), 1)
    order = random.permutation(len(train))
    at, rows = order[:count], order[count : 2 * count]
    near = copied(train, at, train, rows)
    splits["train"] = jittered(near, at, random, clean.like.modality)
    return Arm(made(clean.like, splits), ids=tuple(train.ids[at].tolist()))


def jittered(split: Split, at: Array, random: np.random.Generator, modality: str) -> Split:
    if modality == "image":
        x = split.x.copy()
        x[at] += (random.normal(size=x[at].shape) * JITTER * x.std()).astype(x.dtype)
        return replace(split, x=x)
    frame = split.frame.copy()
    for name in numeric(frame):
        cells = numbers(frame[name])
        cells[at] += random.normal(size=len(at)) * JITTER * np.nanstd(cells)
        frame[name] = cells
    return replace(split, frame=frame)


def unlike(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """No two rows are nearer than twice the tolerance, see :func:`apart`."""
    splits = apart(clean.name).draw(random, n).split(random)
    return Arm(made(clean.like, splits))


EXACT = ("duplicates", "leakage", "conflicting_labels")
FAULTS = (
    Fault(
        name="duplicates across the split",
        check="consistency",
        rules=("leakage",),
        sources=("breast_cancer", "compas", "digits", "sms_spam", "bike_sharing"),
        strengths=(0.02, 0.1),
        unit="share",
        plant=across,
        control=unrepeated,
        quiet=EXACT,
    ),
    Fault(
        name="near duplicates",
        check="consistency",
        rules=("near_duplicates",),
        sources=("breast_cancer", "digits", "fashion_mnist", "bike_sharing"),
        strengths=(0.05,),
        unit="share",
        plant=almost,
        control=unlike,
    ),
)
