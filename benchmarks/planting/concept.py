"""Concept drift: what the target depends on changes in the course of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.planting.clean import Clean, made
from benchmarks.planting.fault import Arm, Fault
from benchmarks.planting.labels import settled
from xaiframe.data.face import Data, Split
from xaiframe.data.order import ROW
from xaiframe.data.split import Splitting
from xaiframe.explanation import Array
from xaiframe.model.face import BlackBox

NOISE = 0.05
"""Share of labels that are a matter of chance, before and after: a model that never errs would make
every later error a drift."""


def stream(clean: Clean, random: np.random.Generator, n: int) -> dict[str, Split]:
    """Rows in random order, which is taken for time: the first 55 % train, the last 25 % test; ids
    count the rows."""
    drawn = settled(clean.name).draw(random, n)
    y = drawn.rows.y.copy()
    wrong = random.random(n) < NOISE
    classes = len(clean.like.classes)
    y[wrong] = (y[wrong] + random.integers(1, classes, int(wrong.sum()))) % classes
    rows = replace(drawn.rows, y=y, ids=np.arange(n))
    order = Splitting(kind="time").positions(rows.y)
    return {name: rows.take(at) for name, at in order.items()}


def fitted(data: Data) -> BlackBox:
    """A logistic regression of the training rows, as the house's model."""
    x = data.train.x.reshape(len(data.train), -1)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x, data.train.y)
    known = model[-1].classes_

    def answer(rows: Array) -> Array:
        told = np.zeros((len(rows), len(data.classes)))
        told[:, known] = model.predict_proba(rows.reshape(len(rows), -1))
        return told

    return BlackBox(answer, data.task, data.classes, identity="planted", place="planted")


def changing(clean: Clean, random: np.random.Generator, n: int, share: float, slow: bool) -> Arm:
    """From the middle of the held-out rows on, ``share`` of them follow another law, which names
    the next class; ``slow``: the share grows evenly from 0 at their start to ``share`` at their
    end."""
    splits = stream(clean, random, n)
    held = len(splits["validation"]) + len(splits["test"])
    first, classes = len(splits["train"]), len(clean.like.classes)
    ids: list[int] = []
    for name in ("validation", "test"):
        split = splits[name]
        time = (split.ids - first) / held
        chance = share * (time if slow else time >= 0.5)
        new = random.random(len(split)) < chance
        splits[name] = replace(split, y=np.where(new, (split.y + 1) % classes, split.y))
        ids += split.ids[new].tolist()
    data = made(clean.like, splits, time=ROW)
    return Arm(data, ids=tuple(ids), model=fitted(data))


def abrupt(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """See :func:`changing`."""
    return changing(clean, random, n, share, slow=False)


def slow(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """See :func:`changing`."""
    return changing(clean, random, n, share, slow=True)


def steady(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """Rows in random order under one law of the target: time plays no part."""
    data = made(clean.like, stream(clean, random, n), time=ROW)
    return Arm(data, model=fitted(data))


SOURCES = ("breast_cancer", "compas", "digits")
FAULTS = tuple(
    Fault(name, "concept_drift", (), SOURCES, strengths, "share", plant, steady)
    for name, plant, strengths in (
        ("abrupt concept drift", abrupt, (0.5, 0.25)),
        ("slow concept drift", slow, (0.8,)),
    )
)
