"""Missing values whose absence says something of the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.planting.clean import Clean, made
from benchmarks.planting.fault import Arm, Fault
from benchmarks.planting.outliers import numeric
from xaiframe.data.face import Split
from xaiframe.explanation import Array

RATE = 0.2
"""Share of cells that are missing, over all rows."""


def high(y: Array, task: str) -> Array:
    """``(n,)`` whether the target is the class of the fewest rows, or above its median."""
    if task == "regression":
        return y > np.median(y)
    return np.asarray(y == np.bincount(y).argmin())


def emptied(split: Split, name: str, gone: Array) -> Split:
    cells = split.frame[name].astype(np.float64).mask(gone)
    return replace(split, frame=split.frame.assign(**{name: cells}))


def telling(clean: Clean, random: np.random.Generator, n: int, gap: float) -> Arm:
    """A numeric column misses cells, ``gap`` (a difference of shares) more often where the target
    is high or rare; a fifth of all cells on average."""
    drawn = clean.draw(random, n)
    splits = drawn.split(random)
    name = str(random.choice(numeric(splits["train"].frame)))
    for one, split in splits.items():
        told = high(split.y, clean.like.task)
        chance = RATE + gap * (told - told.mean())
        splits[one] = emptied(split, name, random.random(len(split)) < np.clip(chance, 0, 1))
    return Arm(made(clean.like, splits), columns=(name,))


def silent(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """As many cells are missing, each with the same chance: their absence says nothing."""
    splits = clean.draw(random, n).split(random)
    name = str(random.choice(numeric(splits["train"].frame)))
    for one, split in splits.items():
        splits[one] = emptied(split, name, random.random(len(split)) < RATE)
    return Arm(made(clean.like, splits))


FAULTS = (
    Fault(
        name="missing values that tell the target",
        check="missing",
        rules=("missing_target",),
        sources=("breast_cancer", "compas", "bike_sharing", "bike_sharing_daily"),
        strengths=(0.2, 0.4),
        unit="difference",
        plant=telling,
        control=silent,
    ),
)
