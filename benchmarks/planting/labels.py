"""Flipped labels: some training rows say another class than theirs."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks.planting.clean import Clean, inputs, made, read
from benchmarks.planting.fault import Arm, Fault
from xaiframe.explanation import Array


@cache
def settled(name: str) -> Clean:
    """The source with the class that a logistic regression fitted on all its rows gives each row.

    The label is then a function of the row: whatever of the source's own labels was wrong or a
    matter of chance is gone, and no row's label can contradict the law that made it.
    """
    clean = read(name)
    z = StandardScaler().fit_transform(inputs(clean))
    told = LogisticRegression(max_iter=2000).fit(z, clean.rows.y).predict(z)
    return replace(clean, rows=replace(clean.rows, y=told.astype(np.int64)))


def flip(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """``share`` of the training rows get another class, each other class as likely."""
    drawn = settled(clean.name).draw(random, n)
    splits = drawn.split(random)
    train, classes = splits["train"], len(clean.like.classes)
    at = random.choice(len(train), round(share * len(train)), replace=False)
    y = flipped(train.y, at, classes, random)
    splits["train"] = replace(train, y=y)
    return Arm(made(clean.like, splits), ids=tuple(train.ids[at].tolist()))


def flipped(y: Array, at: Array, classes: int, random: np.random.Generator) -> Array:
    """``y`` with the rows ``at`` moved to another class."""
    y = y.copy()
    y[at] = (y[at] + random.integers(1, classes, len(at))) % classes
    return y


def unflipped(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """Every label is what one known law says of its row: none is wrong, see :func:`settled`."""
    drawn = settled(clean.name).draw(random, n)
    return Arm(made(clean.like, drawn.split(random)))


FAULTS = (
    Fault(
        name="flipped labels",
        check="purity",
        rules=("label_noise",),
        sources=("breast_cancer", "digits", "compas", "fashion_mnist"),
        strengths=(0.05, 0.1, 0.2),
        unit="share",
        plant=flip,
        control=unflipped,
        suspects="suspects",
    ),
)
