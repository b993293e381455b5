"""Giveaways: a column that is the target or stands in for a dropped one, a watermark."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.planting.clean import Clean, made
from benchmarks.planting.fault import Arm, Fault
from xaiframe.data.face import Split
from xaiframe.explanation import Array

COLUMN = "planted"
SENSITIVE = "race"


def with_column(split: Split, values: Array) -> Split:
    return replace(split, frame=split.frame.assign(**{COLUMN: values}))


def shuffled(clean: Clean, random: np.random.Generator) -> Clean:
    """The targets dealt out to the rows at random."""
    y = random.permutation(clean.rows.y)
    return replace(clean, rows=replace(clean.rows, y=y))


def leak(clean: Clean, random: np.random.Generator, n: int, noise: float) -> Arm:
    """A column holds the target, ``noise`` of its cells another row's; the rest of the table says
    nothing of it, since the targets were dealt out at random."""
    splits = shuffled(clean.draw(random, n), random).split(random)
    splits = {name: with_column(one, copy(one.y, noise, random)) for name, one in splits.items()}
    return Arm(made(clean.like, splits), columns=(COLUMN,))


def copy(y: Array, noise: float, random: np.random.Generator) -> Array:
    """The target as another unit would have it: 3·y + 10, some rows mixed up."""
    values = 3.0 * y.astype(np.float64) + 10
    at = random.choice(len(y), round(noise * len(y)), replace=False)
    values[at] = values[random.permutation(at)]
    return values


def mute(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """The same column, its cells shuffled, and targets dealt out at random: no column says anything
    of the target."""
    splits = shuffled(clean.draw(random, n), random).split(random)
    splits = {
        name: with_column(one, random.permutation(copy(one.y, 0.0, random)))
        for name, one in splits.items()
    }
    return Arm(made(clean.like, splits))


def twin(clean: Clean, random: np.random.Generator, n: int, noise: float) -> Arm:
    """A column repeats another but for noise of ``noise`` standard deviations; all other columns
    are shuffled each for itself, so that no other two belong together."""
    drawn = apart(clean.draw(random, n), random)
    name, values = pick(drawn, random)
    values = values + noise * values.std() * random.normal(size=n)
    drawn = replace(drawn, rows=with_column(drawn.rows, values))
    return Arm(made(clean.like, drawn.split(random)), columns=(name, COLUMN))


def untwinned(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """Every column shuffled for itself: no two belong together."""
    drawn = apart(clean.draw(random, n), random)
    _, values = pick(drawn, random)
    drawn = replace(drawn, rows=with_column(drawn.rows, random.permutation(values)))
    return Arm(made(clean.like, drawn.split(random)))


def apart(clean: Clean, random: np.random.Generator) -> Clean:
    frame = clean.rows.frame
    mixed = {
        name: cells.iloc[random.permutation(len(cells))].reset_index(drop=True)
        for name, cells in frame.items()
    }
    return replace(clean, rows=replace(clean.rows, frame=pd.DataFrame(mixed)))


def pick(clean: Clean, random: np.random.Generator) -> tuple[str, Array]:
    """A numeric column with many values."""
    frame = clean.rows.frame.select_dtypes("number")
    name = str(random.choice([n for n in frame if frame[n].nunique() > 20]))
    return name, frame[name].to_numpy(dtype=np.float64)


def proxy(clean: Clean, random: np.random.Generator, n: int, noise: float) -> Arm:
    """A column of postal districts of which each group has its own, ``noise`` of the rows living
    elsewhere; the sensitive column itself was dropped, and dealt out at random before, so that no
    other column tells it."""
    drawn = mixed_groups(clean.draw(random, n), random)
    return sensitive(clean, random, drawn, noise)


def unrelated(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """The groups dealt out to the rows at random, and districts of which none is any group's own:
    no column tells the group."""
    drawn = mixed_groups(clean.draw(random, n), random)
    return sensitive(clean, random, drawn, 1.0)


def mixed_groups(clean: Clean, random: np.random.Generator) -> Clean:
    aside = clean.rows.aside
    assert aside is not None
    dealt = aside[SENSITIVE].to_numpy()[random.permutation(len(aside))]
    return replace(clean, rows=replace(clean.rows, aside=aside.assign(**{SENSITIVE: dealt})))


def sensitive(clean: Clean, random: np.random.Generator, drawn: Clean, noise: float) -> Arm:
    splits = drawn.split(random)
    known = {g: k for k, g in enumerate(sorted(drawn.rows.aside[SENSITIVE].unique()))}  # type: ignore[index]
    for name, one in splits.items():
        home = one.aside[SENSITIVE].map(known).to_numpy()  # type: ignore[index]
        away = random.random(len(home)) < noise
        district = np.where(away, random.integers(0, len(known), len(home)), home)
        street = random.integers(0, 3, len(home))
        splits[name] = with_column(
            one, np.char.add("district ", (3 * district + street).astype(str))
        )
    data = made(clean.like, splits, sensitive=(SENSITIVE,))
    return Arm(data, columns=(COLUMN,) if noise < 1 else ())


def stamp(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """A bright mark of a tenth of the side in one corner of ``share`` of one class's pictures."""
    splits = clean.draw(random, n).split(random)
    chosen = int(random.integers(len(clean.like.classes)))
    ids: list[int] = []
    for name, one in splits.items():
        at = np.flatnonzero((one.y == chosen) & (random.random(len(one)) < share))
        splits[name] = marked(one, at)
        ids += one.ids[at].tolist()
    return Arm(made(clean.like, splits), ids=tuple(ids))


def stamped_anywhere(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """The same mark in as many pictures, chosen whatever their class, and pictures dealt out to
    the classes at random: nothing in a picture gives its class away."""
    splits = shuffled(clean.draw(random, n), random).split(random)
    share = 1 / len(clean.like.classes)
    for name, one in splits.items():
        splits[name] = marked(one, np.flatnonzero(random.random(len(one)) < share))
    return Arm(made(clean.like, splits))


def marked(split: Split, at: Array) -> Split:
    x = split.x.copy()
    side = max(round(x.shape[-1] / 10), 1)
    x[at, :, :side, -side:] = x.max()
    return replace(split, x=x)


TABLES = ("breast_cancer", "compas", "bike_sharing", "bike_sharing_daily")
FAULTS = (
    Fault(
        name="copy of the target",
        check="correlation",
        rules=("giveaway",),
        sources=TABLES,
        strengths=(0.0, 0.05),
        unit="share",
        plant=leak,
        control=mute,
    ),
    Fault(
        name="copy of a column",
        check="correlation",
        rules=("redundancy",),
        sources=("breast_cancer", "bike_sharing", "bike_sharing_daily"),
        strengths=(0.1, 0.3),
        unit="sd of noise",
        plant=twin,
        control=untwinned,
    ),
    Fault(
        name="proxy of a dropped column",
        check="bias",
        rules=("proxy",),
        sources=("compas",),
        strengths=(0.05, 0.2),
        unit="share",
        plant=proxy,
        control=unrelated,
        quiet=("proxy", "base_rate_difference", "base_rate_ratio", "target_mean_difference"),
    ),
    Fault(
        name="watermark",
        check="correlation",
        rules=("giveaway", "watermark"),
        sources=("digits", "fashion_mnist"),
        strengths=(1.0, 0.5),
        unit="share",
        plant=stamp,
        control=stamped_anywhere,
    ),
)
