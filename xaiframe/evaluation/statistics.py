"""The arithmetic evaluations share: rank correlation, bootstrap intervals, chance levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy.stats import rankdata

from xaiframe.explanation import Array
from xaiframe.facts import Better, Fact

RESAMPLES = 1000
TOGETHER = 1_000_000
"""Numbers that are drawn at once."""
DIGITS = 6
"""Attributions are float32 at heart: less than 1e-6 of the largest is rounding, not rank."""


@dataclass(frozen=True)
class Estimate:
    """A statistic over ``n`` instances with its 95 % percentile bootstrap interval.

    ``value`` is None, with a ``reason``, when no instance allows it; ``interval`` is None when
    fewer than two do. ``reason`` beside a value says what was left out.
    """

    value: float | None
    interval: tuple[float, float] | None
    n: int
    reason: str = ""
    cells: tuple[float, float, float] = field(init=False)
    """Value, low, high as a table stores them: NaN where there is none."""

    def __post_init__(self) -> None:
        value = np.nan if self.value is None else self.value
        object.__setattr__(self, "cells", (value, *(self.interval or (np.nan, np.nan))))

    def fact(
        self, name: str, labels: Mapping[str, str], unit: str = "", better: Better = "none"
    ) -> Fact:
        return Fact(
            name,
            self.value,
            unit=unit,
            labels=dict(labels),
            n=self.n,
            interval=self.interval,
            better=better,
            reason=self.reason,
        )


def absent(reason: str) -> Estimate:
    """The estimate of something that could not be measured."""
    return Estimate(None, None, 0, reason)


@lru_cache(maxsize=4)
def resampling(n: int, seed: int) -> Array:
    """``(RESAMPLES, n)`` weights, each row summing to 1: bootstrap means are weights @ values."""
    counts = np.random.default_rng([seed, n]).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    weights = np.asarray(counts / n)
    weights.flags.writeable = False  # kept for the next statistic of as many instances
    return weights


def interval(resampled: Array) -> tuple[float, float] | None:
    """The central 95 % of a statistic's bootstrap values ``(b,)``, undefined ones left out."""
    defined = resampled[np.isfinite(resampled)]
    if defined.size < RESAMPLES / 2:
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def mean(values: Array, seed: int, undefined: str = "undefined") -> Estimate:
    """Mean of ``values`` ``(n,)``; non-finite ones are left out and counted in the reason.

    ``undefined`` completes "… for 3 of 12 instances".
    """
    defined = values[np.isfinite(values)]
    n, missing = len(defined), len(values) - len(defined)
    reason = f"{undefined} for {missing} of {len(values)} instances" if missing else ""
    if n == 0:
        return absent(reason or "no instance to average")
    spread = interval(resampling(n, seed) @ defined) if n > 1 else None
    return Estimate(float(defined.mean()), spread, n, reason)


def ratio(numerator: Array, denominator: Array, seed: int) -> Estimate:
    """Mean of ``numerator`` ``(n,)`` over mean of ``denominator``, both of the same instances."""
    n = len(numerator)
    if n == 0 or not np.isfinite(numerator).all() or not np.isfinite(denominator).all():
        return absent("values are missing or not finite")
    if not denominator.mean() > 0:
        return absent("the denominator is zero for every instance")
    weights = resampling(n, seed)
    below = weights @ denominator
    resampled = (weights @ numerator) / np.where(below > 0, below, np.nan)
    spread = interval(resampled) if n > 1 else None
    return Estimate(float(numerator.mean() / denominator.mean()), spread, n)


There = Array | None
"""``(n, f)`` bool, which features each row has; None where every row has all. What is not there
takes no part: padding that every method gives 0 would be agreement about nothing."""


def rounded(values: Array, there: There = None) -> Array:
    """``(n, f)`` each row over its largest magnitude, to :data:`DIGITS`; a row of which one value
    is not finite is 0."""
    there = np.ones(values.shape, dtype=bool) if there is None else there
    largest = np.abs(np.where(there, values, 0.0)).max(axis=1, keepdims=True)
    usable = np.isfinite(largest)
    scaled = np.where(usable, values, 0.0) / np.where(usable & (largest > 0), largest, 1.0)
    return np.asarray(np.round(scaled, DIGITS))


def standard_ranks(values: Array, there: There = None) -> Array:
    """``(n, f)`` ranks per row, ties averaged, centred and of unit length; 0 for what is not there.

    A row that is constant (or holds a non-finite value) has no order: it becomes NaN.
    """
    there = np.ones(values.shape, dtype=bool) if there is None else there
    ranks = rankdata(np.where(there, rounded(values, there), np.inf), axis=1)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    middle = np.where(there, ranks, 0.0).sum(axis=1, keepdims=True) / count
    centred = np.where(there, ranks - middle, 0.0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(length > 0, length, np.nan))


def rank_correlations(a: Array, b: Array, there: There = None) -> Array:
    """``(n,)`` Spearman correlation of each row of ``a`` and ``b`` ``(n, f)``; NaN where a row is
    constant: it is undefined there, not zero."""
    return np.asarray((standard_ranks(a, there) * standard_ranks(b, there)).sum(axis=1))


def rank_correlation(u: Array, v: Array, seed: int) -> Estimate:
    """Spearman correlation of two columns ``(n,)``, the instances resampled for the interval."""
    n = len(u)
    value = rank_correlations(u[None], v[None])[0] if n > 1 else np.nan
    if not np.isfinite(value):
        return Estimate(
            None, None, n, "constant over the instances" if n > 1 else "too few instances"
        )
    random, step = np.random.default_rng([seed, n]), max(1, TOGETHER // n)
    parts = (min(step, RESAMPLES - start) for start in range(0, RESAMPLES, step))
    chosen = (random.integers(0, n, (part, n)) for part in parts)
    drawn = np.concatenate([rank_correlations(u[own], v[own]) for own in chosen])
    return Estimate(float(value), interval(drawn), n)


def relabelled(
    a: Array,
    b: Array,
    draws: int,
    rng: np.random.Generator,
    magnitude: bool = False,
    there: There = None,
) -> Array:
    """``(draws,)`` mean Spearman correlation of the rows when the features of ``b`` change names.

    The chance level of agreement: every draw renames the features once for all instances, since
    instances of one model are no independent trials; where they share no features (``there``),
    each row is renamed on its own. ``magnitude`` averages |correlation|. Empty when no row has an
    order on both sides.
    """
    left, right = standard_ranks(a, there), standard_ranks(b, there)
    usable = np.isfinite(left).all(axis=1) & np.isfinite(right).all(axis=1)
    if not usable.any():
        return np.empty(0)
    if there is None:
        names = np.argsort(rng.random((draws, a.shape[1])), axis=1)
        renamed = (right[usable][:, order] for order in names)
    else:
        renamed = (_shuffled(right[usable], there[usable], rng) for _ in range(draws))
    found = np.stack([(left[usable] * one).sum(axis=1) for one in renamed])
    return np.asarray((np.abs(found) if magnitude else found).mean(axis=1))


def _shuffled(values: Array, there: Array, rng: np.random.Generator) -> Array:
    """Each row's values in another order, among the places that are there."""
    places = np.argsort(~there, axis=1, kind="stable")
    order = np.argsort(np.where(there, rng.random(values.shape), np.inf), axis=1, kind="stable")
    found = np.zeros_like(values)
    np.put_along_axis(found, places, np.take_along_axis(values, order, axis=1), axis=1)
    return found


def shares(values: Array) -> Array:
    """``(n, f)`` each attribution as a signed share of its instance's total absolute attribution;
    a row without any attribution, or with a non-finite one, is NaN."""
    total = np.abs(values).sum(axis=1, keepdims=True)
    return np.asarray(values / np.where(np.isfinite(total) & (total > 0), total, np.nan))
