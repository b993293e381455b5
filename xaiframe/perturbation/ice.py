"""Centred ICE: where one feature moves some rows up and others down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Array, Method
from xaiframe.kinds.curve import Curve
from xaiframe.probe.score import Population
from xaiframe.probe.setting import curves

NAMED = ("categorical", "boolean")


@dataclass(frozen=True)
class ICE(Method):
    """The curve of every row moved to begin at 0, and how far the rows part from each other.

    top: how many features are kept, those whose rows part most.
    points: values per feature as of partial dependence; curves: rows, evenly spread over the
    sample, at least 2.

    Goldstein et al. 2015 (arXiv:1309.6392). ``apart`` is the standard deviation of the centred
    curves over the rows, averaged over the values (root mean square), in units of the score.
    ``heterogeneity`` is the spread of their slopes (d-ICE), the share of the mean squared slope
    that the average curve does not have: 0 where all curves run alike, so that the feature
    interacts with no other; 1 where they cancel and the average says nothing. Of levels without an
    order, steps from a row's mean stand for slopes. The score is the reference's output of
    each row's explained target: with the predicted class as target rows of different classes part
    for that reason alone, so declare a class.
    """

    top: int = 6
    points: int = 20
    curves: int = 100

    scope = "global"
    direction = "perturbation"
    library = "scikit-learn"
    kind = "curve"
    modalities = ("table",)
    cost = "features * points * curves"
    reference = "arXiv:1309.6392"

    def __post_init__(self) -> None:
        if self.top < 1:
            raise ValueError(f"top must be at least 1, not {self.top}")
        if self.curves < 2 or self.points < 2:
            raise ValueError("points and curves must be at least 2")

    def explain(self, population: Population) -> Curve:
        """Curves by feature name, those that part most first; raises NotApplicable if none."""
        before, kinds = population.scorer.evaluations, population.data.encoding.kinds
        found = {
            name: (grid, single - single[:, :1])
            for name, (grid, single) in curves(population, self.points, self.curves).items()
        }
        apart = {name: distance(single) for name, (_, single) in found.items()}
        names = sorted(found, key=lambda name: -apart[name])[: self.top]
        return Curve(
            grid={name: found[name][0] for name in names},
            average={name: found[name][1].mean(axis=0) for name in names},
            individual={name: found[name][1] for name in names},
            apart={name: apart[name] for name in names},
            heterogeneity={
                name: heterogeneity(*found[name], kinds.get(name) in NAMED) for name in names
            },
            n=min(self.curves, len(population.rows)),
            evaluations=population.scorer.evaluations - before,
        )


def distance(single: Array) -> float:
    """Of centred curves ``(rows, points)``: root mean square over the values of their standard
    deviation over the rows."""
    return float(np.sqrt(single.var(axis=0).mean()))


def heterogeneity(grid: Array, single: Array, named: bool) -> float:
    """Share, 0 to 1, of the mean squared slope of curves ``(rows, points)`` that their average does
    not have; ``named``: the values are levels without an order."""
    if named:
        slopes, width = single - single.mean(axis=1, keepdims=True), np.ones(len(grid))
    else:
        width = np.diff(grid)
        slopes = np.diff(single, axis=1) / width
    whole = float(width @ (slopes**2).mean(axis=0))
    return float(width @ slopes.var(axis=0)) / whole if whole > 0 else 0.0
