"""Rarity: one class holds two rows in a hundred."""

from __future__ import annotations

import numpy as np

from benchmarks.planting.clean import Clean, TooFewRows, made
from benchmarks.planting.fault import Arm, Fault


def drawn(clean: Clean, random: np.random.Generator, counts: list[int]) -> Clean:
    """So many rows of each class, in random order; raises TooFewRows."""
    y = clean.rows.y
    if any((y == k).sum() < count for k, count in enumerate(counts)):
        raise TooFewRows(f"{clean.name} lacks {counts} rows of its classes")
    picked = [
        random.choice(np.flatnonzero(y == k), count, replace=False)
        for k, count in enumerate(counts)
    ]
    return clean.keep(random.permutation(np.concatenate(picked)))


def shares(n: int, classes: int, rare: int, share: float) -> list[int]:
    """Rows per class: ``share`` of ``n`` in one, the others alike."""
    few = max(round(share * n), 1)
    rest = [(n - few) // (classes - 1)] * (classes - 1)
    return [*rest[:rare], few, *rest[rare:]]


def rare(clean: Clean, random: np.random.Generator, n: int, share: float) -> Arm:
    """One class, drawn at random, holds ``share`` of the rows."""
    classes = len(clean.like.classes)
    able = [
        k
        for k in range(classes)
        if all(
            np.sum(clean.rows.y == j) >= count
            for j, count in enumerate(shares(n, classes, k, share))
        )
    ]
    if not able:
        raise TooFewRows(f"{clean.name} lacks rows for {n}")
    chosen = int(random.choice(able))
    rows = drawn(clean, random, shares(n, classes, chosen, share))
    return Arm(made(clean.like, rows.split(random)))


def level(clean: Clean, random: np.random.Generator, n: int) -> Arm:
    """Every class holds as many rows."""
    classes = len(clean.like.classes)
    rows = drawn(clean, random, [n // classes] * classes)
    return Arm(made(clean.like, rows.split(random)))


FAULTS = (
    Fault(
        name="rare class",
        check="imbalance",
        rules=("imbalance", "rare_class"),
        sources=("breast_cancer", "compas", "sms_spam", "digits"),
        strengths=(0.02,),
        unit="share",
        plant=rare,
        control=level,
    ),
)
