"""Missing values in disguise: a code that stands where a number was not recorded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.planting.clean import Clean, made
from benchmarks.planting.fault import Arm, Fault
from benchmarks.planting.outliers import numeric

CODES = (-1.0, -9.0, -99.0, -999.0, 999.0, 9999.0, 99999.0)


def coded(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """A share of a numeric column's cells is one code that none of its values reaches."""
    splits = clean.draw(random, n).split(random)
    frame = splits["train"].frame
    name = str(random.choice(numeric(frame)))
    low, high = float(frame[name].min()), float(frame[name].max())
    code = float(random.choice([one for one in CODES if one < low or one > high]))
    for one, split in splits.items():
        cells = split.frame[name].astype(np.float64)
        cells = cells.mask(random.random(len(split)) < share, code)
        splits[one] = replace(split, frame=split.frame.assign(**{name: cells}))
    return Arm(made(clean.like, splits), columns=(name,))


def plain(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """Rows as they are: their makers used no code for a missing value."""
    return Arm(made(clean.like, clean.draw(random, n).split(random)))


FAULTS = (
    Fault(
        name="missing values in disguise",
        check="missing",
        rules=("disguised_missing",),
        sources=("breast_cancer", "compas", "bike_sharing", "bike_sharing_daily"),
        strengths=(0.05, 0.1),
        unit="share",
        plant=coded,
        control=plain,
    ),
)
