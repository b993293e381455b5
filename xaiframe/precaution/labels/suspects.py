"""What is wrong with the labels: how many, beside what sound labels show, and which rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.precaution.labels.confident import control, noise_share, resampled, suspected
from xaiframe.precaution.labels.held_out import numbers, probabilities
from xaiframe.precaution.labels.overlap import floor, redrawn
from xaiframe.precaution.measure import central, share_fact
from xaiframe.precaution.outliers.tail import residual_limit

MINIMUM = 50
"""Rows below which labels are not judged."""
SUSPECTS = ("id", "given", "suggested", "self_confidence", "margin", "wrong")
Probe = tuple[int, int, int]
"""Folds, trees, most rows learnt from."""


@dataclass(frozen=True)
class Judged:
    """Facts and the table of suspects: id, given, suggested, self_confidence, margin, wrong; the
    least believable label first."""

    facts: list[Fact]
    table: pd.DataFrame


def classes_judged(
    x: Any, y: Array, ids: Array, classes: Sequence[str], probe: Probe, redraws: int, seed: int
) -> Judged:
    """label_noise: share of wrong labels by confident learning, bootstrap interval;
    label_noise_null95: what it finds in 95 of 100 draws of sound labels, the classes overlapping
    as much as the data allow; label_noise_floor: share of labels that contradict the probe however
    sure it is, label_noise_floor_low95 the lower end of its interval; suspects_wrong: share of the
    suspects that is expected to be wrong, the mean of theirs. Classes with fewer rows than folds
    are left out.

    suspects: self_confidence, the probability of the given label; margin, that of the suggested
    one minus that; wrong, the probability that the label was turned over rather than is right where
    the classes overlap.
    """
    counts = np.bincount(y, minlength=len(classes))
    known = np.flatnonzero(counts >= probe[0])
    kept = np.flatnonzero(np.isin(y, known))
    if len(kept) < MINIMUM or len(known) < 2:
        return _unjudged(f"{len(kept)} rows of {len(known)} classes: too few to judge labels")
    labels = np.searchsorted(known, y[kept])
    told = probabilities(x[kept], labels, *probe, seed)
    found = floor(told, labels)
    sound = control(redrawn(found.overlap, redraws, seed), told)
    n, facts = len(kept), []
    if np.isfinite(sound).sum() < redraws / 2:
        return _unjudged("a class is so rare that draws of sound labels lose it", n)
    library, interval = source("cleanlab"), central(resampled(labels, told, seed))
    share = noise_share(labels, told)
    facts.append(_share("label_noise", share, n, interval=interval, source=library))
    null = float(np.nanquantile(sound, 0.95))
    facts.append(_share("label_noise_null95", null, n, source=library, better="none"))
    facts.append(_share("label_noise_floor", found.value, n, interval=found.interval))
    facts.append(_share("label_noise_floor_low95", found.interval[0], n, better="none"))
    names = np.array(classes, dtype=object)[known]
    rows = np.flatnonzero(suspected(labels, told))
    facts.append(expected(found.wrong[rows]))
    return Judged(
        facts, _listing(ids[kept][rows], names, labels[rows], told[rows], found.wrong[rows])
    )


def expected(wrong: Array) -> Fact:
    """suspects_wrong: the mean of the suspects' probabilities of being wrong, ``(n,)``."""
    if not len(wrong):
        return Fact("suspects_wrong", None, "share", n=0, better="none", reason="no suspects")
    return Fact("suspects_wrong", float(wrong.mean()), "share", n=len(wrong), better="none")


def _listing(ids: Array, names: Array, labels: Array, told: Array, wrong: Array) -> pd.DataFrame:
    own = told[np.arange(len(labels)), labels]
    other = told.copy()
    other[np.arange(len(labels)), labels] = -1
    best = other.argmax(axis=1)
    gap = other.max(axis=1, initial=-1) - own
    columns = (ids, names[labels], names[best], own, gap, wrong)
    table = pd.DataFrame(dict(zip(SUSPECTS, columns, strict=True)))
    return table.sort_values("margin", ascending=False, kind="stable", ignore_index=True)


def numbers_judged(x: Any, y: Array, ids: Array, probe: Probe, chance: float, seed: int) -> Judged:
    """target_outlier_share: targets whose out-of-fold residual lies beyond the end of their law.

    suspects: suggested, the prediction; margin, the residual's distance from the median residual
    ÷ that limit; numbers have no self_confidence and no wrong (NaN).
    """
    name = "target_outlier_share"
    if len(y) < MINIMUM or np.ptp(y) == 0:
        return _unjudged(
            f"{len(y)} rows, or a constant target: no residuals to judge", len(y), name
        )
    given = y.astype(np.float64)
    told = numbers(x, given, *probe, seed)
    apart = np.abs(given - told - np.median(given - told))
    margin = apart / max(residual_limit(apart, chance), np.finfo(float).tiny)
    rows = np.flatnonzero(margin > 1)
    rows = rows[np.argsort(-margin[rows], kind="stable")]
    none = np.full(len(rows), np.nan)
    columns = (ids[rows], given[rows], told[rows], none, margin[rows], none)
    fact = share_fact(name, len(rows), len(y))
    return Judged([fact], pd.DataFrame(dict(zip(SUSPECTS, columns, strict=True))))


def _share(name: str, value: float | None, n: int, **more: Any) -> Fact:
    return Fact(name, value, "share", n=n, **{"better": "lower", **more})


def _unjudged(reason: str, n: int = 0, name: str = "label_noise") -> Judged:
    table = pd.DataFrame({column: np.empty(0) for column in SUSPECTS})
    return Judged([_share(name, None, n, reason=reason)], table)
