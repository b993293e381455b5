"""A table's features set to each of some values, one feature at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats.mstats import mquantiles
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence

from xaiframe.data.encoding import Encoding
from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.probe.score import Population, Scorer

QUANTILES = (0.05, 0.95)
"""Where a curve begins and ends: beyond them there are too few rows to speak of."""


def grid(values: Array, levels: Sequence[str] | None, points: int) -> Array:
    """``(≤ points,)`` the values that a feature is set to, sorted.

    Evenly spaced between the quantiles of its ``values`` ``(n,)``; each of them where there are
    fewer than ``points``, and the codes of its ``levels`` where it has some.
    """
    if levels is not None:
        return np.arange(len(levels), dtype=np.float64)
    known = present(values)
    if len(known) < points:
        return known
    low, high = mquantiles(values[~np.isnan(values)], QUANTILES)
    # Nine rows in ten may share one value: then only the whole range is a range.
    low, high = (known[0], known[-1]) if np.isclose(low, high) else (low, high)
    return np.linspace(low, high, points)


def present(values: Array) -> Array:
    """The different values, sorted, without those that are missing."""
    return np.unique(values[~np.isnan(values)])


def numbers(encoding: Encoding, x: Array, features: int) -> Array:
    """``(n, features)`` one number per feature; raises NotApplicable where there is more."""
    values = encoding.values(x)
    if values.shape[1] != features:
        raise NotApplicable("a feature of several columns cannot be set to one value")
    return values


def curves(population: Population, points: int, most: int) -> dict[str, tuple[Array, Array]]:
    """Feature → its grid ``(points,)`` and the curve of each row ``(rows, points)``: its score when
    only this feature is set to each value. At most ``most`` rows, evenly spread over the sample.

    Raises NotApplicable where no feature takes more than one value.
    """
    chosen = evenly(len(population.rows), most)
    encoding = population.data.encoding
    rows = numbers(encoding, population.rows.x[chosen], len(population.features))
    scored = ScoredRows(population.scorer, population.targets[chosen], encoding)
    found = {}
    for column, name in enumerate(population.features):
        if len(present(rows[:, column])) > 1:
            values = grid(rows[:, column], encoding.levels.get(name), points)
            found[name] = values, curve(scored, rows, column, values)
    if not found:
        raise NotApplicable("no feature takes more than one value in the sample")
    return found


def curve(scored: ScoredRows, rows: Array, column: int, values: Array) -> Array:
    """``(rows, points)``: the score of each row with one feature set to each of the values."""
    result = partial_dependence(
        scored, rows, [column], kind="individual", custom_values={column: values}
    )
    return np.asarray(result["individual"][0])


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
