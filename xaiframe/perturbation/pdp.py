"""Partial dependence with ICE: how the score moves when one feature is set to each value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats.mstats import mquantiles
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence

from xaiframe.data.encoding import Encoding
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.curve import Curve
from xaiframe.probe.score import Population, Scorer

QUANTILES = (0.05, 0.95)
"""Where a curve begins and ends: beyond them there are too few rows to speak of."""


@dataclass(frozen=True)
class PDP(Method):
    """Average (PDP) and individual (ICE) curves of the features that move the score most.

    top: how many features are kept, those whose average curve has the largest standard deviation
    (Greenwell, Boehmke & McCarthy 2018, arXiv:1805.04755).
    points: values per feature, evenly spaced between its 5 % and 95 % quantiles; a feature with
    fewer different values is set to each of them, a category to each of its levels. curves: rows,
    evenly spread over the sample.

    Friedman 2001 (doi:10.1214/aos/1013203451) and Goldstein et al. 2015 (arXiv:1309.6392), by
    scikit-learn. The score is the reference's output of each row's explained target; with the
    predicted class as target a curve averages rows of different classes, so declare a class where
    its direction is to be read. Off-distribution where features depend on each other.
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
    reference = "doi:10.1214/aos/1013203451; arXiv:1309.6392"

    def __post_init__(self) -> None:
        if self.top < 1 or self.curves < 1:
            raise ValueError("top and curves must be at least 1")
        if self.points < 2:
            raise ValueError(f"points must be at least 2, not {self.points}")

    def explain(self, population: Population) -> Curve:
        """Curves by feature name, in the order of their spread; raises NotApplicable if none."""
        size = min(self.curves, len(population.rows))
        chosen = np.linspace(0, len(population.rows) - 1, size).round().astype(int)
        before = population.scorer.evaluations
        encoding = population.data.encoding
        rows = encoding.values(population.rows.x[chosen])
        if rows.shape[1] != len(population.features):
            raise NotApplicable("a feature of several columns cannot be set to one value")
        scored = ScoredRows(population.scorer, population.targets[chosen], encoding)
        found = {
            name: curve(
                scored, rows, column, self._grid(rows[:, column], encoding.levels.get(name))
            )
            for column, name in enumerate(population.features)
            if len(present(rows[:, column])) > 1
        }
        if not found:
            raise NotApplicable("no feature takes more than one value in the sample")
        names = sorted(found, key=lambda name: -found[name][1].mean(axis=0).std())[: self.top]
        return Curve(
            grid={name: found[name][0] for name in names},
            average={name: found[name][1].mean(axis=0) for name in names},
            individual={name: found[name][1] for name in names},
            n=size,
            evaluations=population.scorer.evaluations - before,
        )

    def _grid(self, values: Array, levels: Sequence[str] | None) -> Array:
        """``(points,)`` the values that a feature is set to."""
        if levels is not None:
            return np.arange(len(levels), dtype=np.float64)
        known = present(values)
        if len(known) < self.points:
            return known
        low, high = mquantiles(values[~np.isnan(values)], QUANTILES)
        # Nine rows in ten may share one value: then only the whole range is a range.
        low, high = (known[0], known[-1]) if np.isclose(low, high) else (low, high)
        return np.linspace(low, high, self.points)


def present(values: Array) -> Array:
    """The different values, sorted, without those that are missing."""
    return np.unique(values[~np.isnan(values)])


def curve(scored: ScoredRows, rows: Array, column: int, grid: Array) -> tuple[Array, Array]:
    """The values of one feature ``(points,)`` and the ICE curves ``(rows, points)``."""
    result = partial_dependence(
        scored, rows, [column], kind="individual", custom_values={column: grid}
    )
    return grid, result["individual"][0]


class ScoredRows(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The score as scikit-learn's fitted regressor: always asked about the same rows, in order.

    The rows hold one number per feature, which ``encoding`` turns into the model's inputs.
    """

    def __init__(self, scorer: Scorer, targets: Array, encoding: Encoding) -> None:
        self.scorer = scorer
        self.targets = targets
        self.encoding = encoding

    def fit(self) -> ScoredRows:
        """The model is fitted already; scikit-learn asks that the method exists."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, rows: Array) -> Array:
        """``(n,)`` score of each row at its own target."""
        return self.scorer(self.encoding.elements(rows), self.targets)
