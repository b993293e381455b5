"""Means of groups where the model puts out a value, and how far they lie apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from xaiframe.data.groups.rates import Gap, extremes
from xaiframe.explanation import Array


@dataclass(frozen=True)
class Mean:
    """``values`` ``(n,)`` averaged by the group ``of`` ``(n,)`` int of each."""

    values: Array
    of: Array
    groups: int

    @property
    def trials(self) -> Array:
        """``(groups,)`` rows of each."""
        return np.bincount(self.of, minlength=self.groups)

    @property
    def value(self) -> Array:
        """``(groups,)``; NaN for a group without a row."""
        return self._means(self.values)

    @property
    def interval(self) -> Array:
        """``(2, groups)`` Student's 95 % interval; NaN for a group of fewer than two rows."""
        half = student.ppf(0.975, np.maximum(self.trials - 1, 1)) * self._error
        return np.stack([self.value - half, self.value + half])

    def difference(self, among: Array, draws: int, rng: np.random.Generator) -> Gap:
        """Largest minus smallest mean of the groups ``among`` ``(k,)``, each with two rows or more.

        Welch's interval, with the degrees of freedom of the smaller group.
        """
        value, error = self.value, self._error
        low, high = extremes(value, among)
        apart = float(value[high] - value[low])
        freedom = min(self.trials[low], self.trials[high]) - 1
        half = float(student.ppf(0.975, freedom) * np.hypot(error[low], error[high]))
        rows = np.isin(self.of, among)
        own, of = self.values[rows], self.of[rows]
        drawn = [Mean(rng.permutation(own), of, self.groups).value[among] for _ in range(draws)]
        chance = np.ptp(drawn, axis=1)
        null = float(np.quantile(chance, 0.95))
        return Gap(apart, (apart - half, apart + half), null, low, high, int(rows.sum()), chance)

    @property
    def _error(self) -> Array:
        """``(groups,)`` standard errors."""
        n = self.trials
        squares = self._means((self.values - self.value[self.of]) ** 2)
        return np.sqrt(squares / np.where(n > 1, n - 1, np.nan))

    def _means(self, values: Array) -> Array:
        totals = np.bincount(self.of, weights=values, minlength=self.groups)
        return totals / np.where(self.trials > 0, self.trials, np.nan)


def means(y: Array, predicted: Array, of: Array, groups: int) -> dict[str, Mean]:
    """Mean prediction, error (prediction less truth) and absolute error; all ``(n,)``."""
    predicted = predicted.astype(np.float64)
    error = predicted - y
    found = {
        "mean_prediction": predicted,
        "mean_error": error,
        "mean_absolute_error": np.abs(error),
    }
    return {name: Mean(values, of, groups) for name, values in found.items()}
