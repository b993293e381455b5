"""Groups of people: an outcome commoner in one, and gaps that fall on one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.planting.clean import Clean, TooFewRows, made
from benchmarks.planting.fault import Arm, Fault
from benchmarks.planting.gaps import RATE, emptied
from benchmarks.planting.outliers import numeric
from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array

NAME, GROUPS = "planted group", np.array(["p", "q"])
SOURCES = ("breast_cancer", "compas")


def parted(like: Data, splits: dict[str, Split], members: dict[str, Array]) -> Data:
    """Data with a sensitive column that the model does not see; ``members`` ``(n,)`` bool."""
    told = {
        name: replace(split, aside=pd.DataFrame({NAME: GROUPS[members[name].astype(np.int64)]}))
        for name, split in splits.items()
    }
    return replace(made(like, told), sensitive=(NAME,))


def even(splits: dict[str, Split], random: np.random.Generator) -> dict[str, Array]:
    """Two groups drawn by lot."""
    return {name: random.random(len(split)) < 0.5 for name, split in splits.items()}


def lot(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """Two groups drawn by lot: neither outcome nor columns nor gaps can have to do with them."""
    splits = clean.draw(random, n).split(random)
    return Arm(parted(clean.like, splits, even(splits, random)))


def commoner(clean: Clean, random: np.random.Generator, n: int, gap: float) -> Arm:
    """Two groups of half the rows each; the second class is commoner in one by ``gap``."""
    splits = clean.draw(random, n).split(random)
    members = {}
    for name, split in splits.items():
        rate = float(split.y.mean())
        tilt = gap / (4 * rate * (1 - rate))
        if not 0 <= 0.5 + tilt * max(rate, 1 - rate) <= 1:
            raise TooFewRows(f"{clean.name}: a base rate of {rate:.2f} leaves no room for {gap}")
        members[name] = random.random(len(split)) < 0.5 + tilt * (split.y - rate)
    return Arm(parted(clean.like, splits, members))


def withheld(clean: Clean, random: np.random.Generator, n: int, gap: float) -> Arm:
    """A numeric column misses a fifth of its cells, in one group ``gap`` more often."""
    return _withheld(clean, random, n, gap)


def spread(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """As many cells are missing, as often in both groups."""
    return replace(_withheld(clean, random, n, 0.0), columns=())


def _withheld(clean: Clean, random: np.random.Generator, n: int, gap: float) -> Arm:
    splits = clean.draw(random, n).split(random)
    members = even(splits, random)
    name = str(random.choice(numeric(splits["train"].frame)))
    for one, split in splits.items():
        chance = RATE + gap * (members[one] - 0.5)
        splits[one] = emptied(split, name, random.random(len(split)) < chance)
    return Arm(parted(clean.like, splits, members), columns=(name,))


FAULTS = (
    Fault(
        name="outcome commoner in one group",
        check="bias",
        rules=("base_rate_difference", "base_rate_ratio"),
        sources=SOURCES,
        strengths=(0.2, 0.3),
        unit="difference",
        plant=commoner,
        control=lot,
        quiet=("base_rate_difference", "base_rate_ratio", "proxy", "representation"),
    ),
    Fault(
        name="missing values of one group",
        check="missing",
        rules=("missing_group",),
        sources=(*SOURCES, "bike_sharing_daily"),
        strengths=(0.2, 0.4),
        unit="difference",
        plant=withheld,
        control=spread,
    ),
)
