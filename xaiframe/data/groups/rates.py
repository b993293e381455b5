"""Rates of groups, how far they lie apart, and how far chance alone would put them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm

from xaiframe.explanation import Array

Z = float(norm.ppf(0.975))
RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "precision",
    "accuracy",
)


@dataclass(frozen=True)
class Gap:
    """How far the groups ``lowest`` and ``highest`` lie apart; both are places among the groups.

    interval
        95 %, of these two groups; that they were picked among several is what ``null`` is for.
    null
        value that only one of 20 random assignments of the rows to groups of these sizes exceeds
        (for a ratio: falls below).
    chance
        ``(draws,)`` the values of those assignments.
    """

    value: float
    interval: tuple[float, float] | None
    null: float
    lowest: int
    highest: int
    n: int
    chance: Array = field(repr=False, compare=False)


@dataclass(frozen=True)
class Rate:
    """``hits`` of ``trials`` in each group, both ``(groups,)`` int."""

    hits: Array
    trials: Array

    @property
    def value(self) -> Array:
        """``(groups,)`` in 0–1; NaN for a group without a trial."""
        return self.hits / np.where(self.trials > 0, self.trials, np.nan)

    @property
    def interval(self) -> Array:
        """``(2, groups)`` Wilson's 95 % score interval (1927, doi:10.2307/2276774)."""
        n = np.where(self.trials > 0, self.trials, np.nan)
        centre = (self.hits + Z**2 / 2) / (n + Z**2)
        half = Z / (n + Z**2) * np.sqrt(self.hits * (n - self.hits) / n + Z**2 / 4)
        # exact at the ends, where rounding would leave a limit that is not quite 0 or 1
        lower = np.where(self.hits > 0, centre - half, 0.0 * n)
        return np.stack([lower, np.where(self.hits < n, centre + half, 1 + 0 * n)])

    def difference(self, among: Array, draws: int, rng: np.random.Generator) -> Gap:
        """Largest minus smallest rate of the groups ``among`` ``(k,)``, each with trials.

        Newcombe's hybrid score interval (1998, method 10, Statistics in Medicine 17, 873–890).
        """
        value, (lower, upper) = self.value, self.interval
        low, high = extremes(value, among)
        apart = float(value[high] - value[low])
        down = np.hypot(value[high] - lower[high], upper[low] - value[low])
        up = np.hypot(upper[high] - value[high], value[low] - lower[low])
        chance = np.ptp(self.by_chance(among, draws, rng), axis=1)
        ends = (float(apart - down), float(apart + up))
        null = float(np.quantile(chance, 0.95))
        return Gap(apart, ends, null, low, high, self._rows(among), chance)

    def ratio(self, among: Array, draws: int, rng: np.random.Generator) -> Gap:
        """Smallest ÷ largest rate of the groups ``among``, 1 where all are 0.

        Interval from Wilson's limits (MOVER, Donner & Zou 2012, doi:10.1177/0962280210374697),
        None where it has no upper end.
        """
        value, (lower, upper) = self.value, self.interval
        low, high = extremes(value, among)
        drawn = self.by_chance(among, draws, rng)
        chance = quotient(drawn.min(axis=1), drawn.max(axis=1))
        null = float(np.quantile(chance, 0.05))
        ends = _limits(value[low], lower[low], upper[low], value[high], lower[high], upper[high])
        apart = float(quotient(value[low], value[high]))
        return Gap(apart, ends, null, low, high, self._rows(among), chance)

    def by_chance(self, among: Array, draws: int, rng: np.random.Generator) -> Array:
        """``(draws, k)`` rates of the groups ``among`` when the same hits fall on random rows."""
        sizes = self.trials[among].astype(np.int64)
        hits = rng.multivariate_hypergeometric(sizes, int(self.hits[among].sum()), size=draws)
        return np.asarray(hits / sizes)

    def _rows(self, among: Array) -> int:
        return int(self.trials[among].sum())


def rates(actual: Array, predicted: Array, of: Array, groups: int) -> dict[str, Rate]:
    """The rates of each group; ``actual`` and ``predicted`` ``(n,)`` bool, ``of`` ``(n,)`` int."""
    cells = np.bincount(4 * of + 2 * actual + predicted, minlength=4 * groups)
    tn, fp, fn, tp = cells.reshape(groups, 4).T
    pairs = [
        (tp + fp, tn + fp + fn + tp),
        (tp, tp + fn),
        (fp, fp + tn),
        (fn, tp + fn),
        (tp, tp + fp),
        (tp + tn, tn + fp + fn + tp),
    ]
    return {name: Rate(*pair) for name, pair in zip(RATES, pairs, strict=True)}


def extremes(value: Array, among: Array) -> tuple[int, int]:
    """The groups with the lowest and with the highest value."""
    return int(among[np.argmin(value[among])]), int(among[np.argmax(value[among])])


def quotient(small: Array, large: Array) -> Array:
    """``small`` ÷ ``large``, 1 where both are 0."""
    return np.where(large > 0, small / np.where(large > 0, large, 1.0), 1.0)


def _limits(
    a: float, a_low: float, a_high: float, b: float, b_low: float, b_high: float
) -> tuple[float, float] | None:
    """Limits of a ÷ b from the limits of each."""
    if not b_low > 0:
        return None
    product = a * b
    down = max(product**2 - a_low * b_high * (2 * a - a_low) * (2 * b - b_high), 0.0)
    up = max(product**2 - a_high * b_low * (2 * a - a_high) * (2 * b - b_low), 0.0)
    return (
        float((product - np.sqrt(down)) / (b_high * (2 * b - b_high))),
        float((product + np.sqrt(up)) / (b_low * (2 * b - b_low))),
    )
