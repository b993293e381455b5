"""Data drift: the test rows come from another law than the training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.planting.clean import Clean, made
from benchmarks.planting.fault import Arm, Fault, Plant
from benchmarks.planting.outliers import numeric
from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.columns import numbers

Change = Callable[[Array, float], Array]


def shifted(change: Change) -> Plant:
    """Plants ``change`` of one numeric column, standardised, in all test rows."""

    def plant(clean: Clean, random: np.random.Generator, n: int, strength: float) -> Arm:
        splits = clean.draw(random, n).split(random)
        name = str(random.choice(numeric(splits["train"].frame)))
        for one, split in splits.items():
            values = numbers(split.frame[name])
            mean, sd = values.mean(), values.std()
            if one == "test":
                values = mean + sd * change((values - mean) / sd, strength)
            splits[one] = replace(split, frame=split.frame.assign(**{name: values}))
        return Arm(made(clean.like, splits), columns=(name,))

    return plant


mean = shifted(lambda z, step: z + step)
"""The test rows' mean moves by so many standard deviations."""
variance = shifted(lambda z, factor: z * factor)
"""The test rows' standard deviation grows by that factor, their mean stays."""


def joint(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """In ``share`` of the test rows the columns no longer belong together: a random half of them
    is taken from another of these rows, all from the same. Every column's own law stays."""
    splits = clean.draw(random, n).split(random)
    test = splits["test"]
    rows = random.choice(len(test), round(share * len(test)), replace=False)
    names = list(test.frame.columns)
    half = [str(name) for name in random.choice(names, len(names) // 2, replace=False)]
    frame = test.frame.copy()
    mixed = rows[np.roll(np.arange(len(rows)), 1)]
    for name in half:
        cells = frame[name].copy()
        cells.iloc[rows] = test.frame[name].iloc[mixed].to_numpy()
        frame[name] = cells
    splits["test"] = replace(test, frame=pd.DataFrame(frame))
    return Arm(made(clean.like, splits), columns=tuple(half))


def darker(clean: Clean, random: np.random.Generator, n: int, factor: float) -> Arm:
    """The test pictures are ``factor`` times as bright."""
    splits = clean.draw(random, n).split(random)
    test: Split = splits["test"]
    splits["test"] = replace(test, x=test.x * np.float32(factor))
    return Arm(made(clean.like, splits))


def resplit(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """The same rows shared out at random: train and test are draws of one law."""
    return Arm(made(clean.like, clean.draw(random, n).split(random)))


COLUMN_RULES = ("drift_test", "drift_distance", "psi", "drifted_columns")
ANY = (*COLUMN_RULES, "joint_drift")
ALL = (*ANY, "label_drift")
TABLES = ("breast_cancer", "bike_sharing", "compas", "bike_sharing_daily")


def drift(
    name: str, plant: Plant, strengths: tuple[float, ...], unit: str, **told: tuple[str, ...]
) -> Fault:
    rules, sources = told["rules"], told.get("sources", TABLES)
    return Fault(name, "data_drift", rules, sources, strengths, unit, plant, resplit, ALL)


FAULTS = (
    drift("drift of a mean", mean, (0.5, 1.0), "sd", rules=ANY),
    drift("drift of a variance", variance, (2.0, 3.0), "× sd", rules=ANY),
    drift("joint drift only", joint, (1.0, 0.5), "share", rules=("joint_drift",),
          sources=("breast_cancer", "bike_sharing", "bike_sharing_daily")),
    drift("darker pictures", darker, (0.7,), "×", rules=ANY, sources=("digits", "fashion_mnist")),
)  # fmt: skip
