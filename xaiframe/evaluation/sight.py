"""Sight: what the explanations show of one feature and one class, as numbers with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.statistics import Estimate, absent, mean, rank_correlation, shares
from xaiframe.explanation import Array
from xaiframe.kinds.curve import Curve
from xaiframe.recipe import Knowledge as Statement


@dataclass(frozen=True)
class Sight:
    """The instances a statement can be tested on: ``positions``, and ``sign`` −1 where the score
    explained is that of the other of two classes. ``gap`` says why a direction cannot be read."""

    positions: Array
    sign: Array
    gap: str = ""


def sight_on(statement: Statement, evidence: Evidence) -> Sight:
    """The instances on which the statement's class is explained, directly or as the other of two.

    The score of one of two classes is the mirror image of the other's, on both output scales.
    """
    targets = evidence.targets
    everyone, ahead = np.arange(len(targets)), np.ones(len(targets))
    if statement.class_name:
        wanted = targets == evidence.data.classes.index(statement.class_name)
        if len(evidence.data.classes) == 2:
            return Sight(everyone, np.where(wanted, 1.0, -1.0))
        return Sight(everyone[wanted], ahead[wanted])
    directed = statement.effect in ("rises", "falls")
    if directed and evidence.data.classes and evidence.reference.target is None:
        return Sight(
            everyone, ahead, "each instance explains its own predicted class: name a class"
        )
    return Sight(everyone, ahead)


def importance(
    direction: str, feature: int, sight: Sight, evidence: Evidence
) -> tuple[Estimate, float]:
    """The feature's mean share of |attribution| in a direction, and its rank, 1 the largest.

    Signed methods speak where there are any: they share out the score, as both directions can,
    while a bare gradient also rises on what never changes in the data.
    """
    able = evidence.voices(direction, signed=True)
    methods = able or evidence.voices(direction, signed=False)
    if not methods or not len(sight.positions):
        return absent(f"no {direction} method explained these instances"), np.nan
    each = np.stack([np.abs(shares(one.values[sight.positions])) for one in methods])
    spoken = np.isfinite(each)
    count = spoken.sum(axis=0)
    mass = np.where(spoken, each, 0.0).sum(axis=0) / np.where(count, count, np.nan)
    usable = mass[np.isfinite(mass).all(axis=1)]
    if not len(usable):
        return absent("every attribution is zero"), np.nan
    rank = rankdata(-usable.mean(axis=0), method="min")[feature]
    return mean(mass[:, feature], evidence.seed), float(rank)


def trend(direction: str, feature: int, sight: Sight, evidence: Evidence) -> Estimate:
    """Rank correlation of the feature's value with its attribution to the statement's class."""
    methods = [
        one.values[sight.positions] / size
        for one in evidence.voices(direction, signed=True)
        if (size := np.abs(one.values).mean()) > 0 and np.isfinite(size)
    ]
    if not methods or not len(sight.positions):
        return absent(f"no {direction} method tells for from against")
    attribution = np.mean(methods, axis=0)[:, feature] * sight.sign
    value = evidence.data.encoding.values(evidence.x[sight.positions])[:, feature]
    return rank_correlation(value, attribution, evidence.seed)


def curve_slopes(statement: Statement, evidence: Evidence) -> dict[str, Estimate]:
    """Mean slope of each method's individual curves for the feature, per range of the feature.

    A curve is of the reference's target: where each row explains its own predicted class, it says
    nothing about one class and is left out.
    """
    sign = _curve_sign(statement, evidence)
    return {
        method: mean(sign * slopes(curve, statement.feature), evidence.seed)
        for method, curve in evidence.curves.items()
        if sign and statement.feature in curve.grid and curve.individual[statement.feature].size
    }


def _curve_sign(statement: Statement, evidence: Evidence) -> int:
    """1 when the curves are of the statement's class, −1 of the other of two, 0 of neither."""
    target, classes = evidence.reference.target, evidence.data.classes
    if not classes:
        return 1
    if target is None:
        return 0
    if not statement.class_name or classes[target] == statement.class_name:
        return 1
    return -1 if len(classes) == 2 else 0


def slopes(curve: Curve, feature: str) -> Array:
    """``(rows,)`` least-squares rise of the score over the feature's range, per individual curve;
    their mean is that of the average curve."""
    grid = np.asarray(curve.grid[feature], dtype=float)
    centred = grid - grid.mean()
    if not centred.any():
        return np.zeros(0)
    return np.asarray(curve.individual[feature] @ centred / (centred @ centred) * np.ptp(grid))


def tendency(slope: Estimate) -> int:
    """1 when the whole interval lies above zero, −1 below, 0 otherwise."""
    if slope.interval is None:
        return 0
    return int(slope.interval[0] > 0) - int(slope.interval[1] < 0)
