"""How far one column moved between two samples: tests, distances, PSI, and their null laws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import (
    chi2,
    chi2_contingency,
    fisher_exact,
    ks_2samp,
    kstwo,
    norm,
    pearson3,
    skew,
    wasserstein_distance,
)

from xaiframe.explanation import Array
from xaiframe.precaution.columns import distinct, kind, numbers, texts
from xaiframe.precaution.relation.association import corrected_v

FEW = 5
"""A number with no more distinct values than this is compared as a category (Evidently)."""
EXPECTED = 5
"""Rows expected per cell below which the χ² law does not hold: such levels are read as one."""


@dataclass(frozen=True)
class Shift:
    """One column, reference → current.

    test: its name; statistic: its value; p_value: NaN for a distance; effect: KS statistic,
    bias-corrected Cramér's V, or the distance, 0 where nothing moved; psi and its number of bins;
    n, m: rows compared; null95, null99: what a distance of that many columns stays below by chance.
    """

    test: str
    statistic: float
    p_value: float
    effect: float
    psi: float
    bins: int
    n: int
    m: int
    null95: float = float("nan")
    null99: float = float("nan")


def compare(
    reference: pd.Series, current: pd.Series, bins: int, large: bool, columns: int, seed: int
) -> Shift:
    """Shift of one column; ``large`` samples are compared by distance, others by test.

    Numbers with more than five distinct values: Kolmogorov–Smirnov, or Wasserstein ÷ reference sd.
    Others: χ² (Z for two levels, Fisher's exact test where a level is too rare for it), or
    Jensen–Shannon distance (base 2, 0–1). ``columns`` is how many are compared at once.
    """
    tail = tuple(1 - level ** (1 / max(columns, 1)) for level in (0.95, 0.99))
    if kind(reference) == "numeric" and distinct(reference) > FEW:
        a, b = numbers(reference), numbers(current)
        table = quantile_counts(a, b, bins)
        return _numeric(a[~np.isnan(a)], b[~np.isnan(b)], table, large, tail, seed)
    return _categorical(level_counts(reference, current), large, tail)


def _numeric(
    a: Array, b: Array, table: Array, large: bool, tail: tuple[float, ...], seed: int
) -> Shift:
    stability, cells = psi(table), table.shape[1]
    if large:
        distance = float(wasserstein_distance(a, b) / a.std(ddof=1))
        nulls = wasserstein_null(a, b, tail, seed)
        return Shift(
            "Wasserstein ÷ sd", distance, np.nan, distance, stability, cells, len(a), len(b), *nulls
        )
    found = ks_2samp(a, b, method="asymp")
    distance = float(found.statistic)
    return Shift("KS", distance, float(found.pvalue), distance, stability, cells, len(a), len(b))


def _categorical(table: Array, large: bool, tail: tuple[float, ...]) -> Shift:
    n, m = (int(total) for total in table.sum(axis=1))
    stability, cells = psi(table), table.shape[1]
    if large:
        distance = float(jensenshannon(table[0], table[1], base=2)) if cells > 1 else 0.0
        nulls = [jensen_shannon_null(n, m, cells, t) for t in tail]
        return Shift("Jensen–Shannon", distance, np.nan, distance, stability, cells, n, m, *nulls)
    name, statistic, p_value = homogeneity(table)
    effect = corrected_v(table) if cells > 1 else 0.0
    return Shift(name, statistic, p_value, effect, stability, cells, n, m)


def homogeneity(table: Array) -> tuple[str, float, float]:
    """Name, statistic and p-value of the test that both rows ``(2, levels)`` share one law."""
    if table.shape[1] < 2:
        return "constant", 0.0, 1.0
    if table.shape[1] > 2:
        found = chi2_contingency(table, correction=False)
        return "χ²", float(found.statistic), float(found.pvalue)
    if (np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()).min() < EXPECTED:
        found = fisher_exact(table)
        return "Fisher", float(found.statistic), float(found.pvalue)
    z = proportions_z(*(int(count) for count in (*table[:, 0], *table.sum(axis=1))))
    return "Z", z, float(2 * norm.sf(abs(z)))


def proportions_z(hits: int, others: int, n: int, m: int) -> float:
    """Z of two shares hits ÷ n and others ÷ m under a pooled variance."""
    pooled = (hits + others) / (n + m)
    return float((hits / n - others / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)))


def quantile_counts(reference: Array, current: Array, bins: int) -> Array:
    """``(2, cells)`` rows per bin, edges at the reference's quantiles (ties merged), and one more
    bin for missing values where there are any."""
    present = reference[~np.isnan(reference)]
    edges = np.unique(np.quantile(present, np.arange(1, bins) / bins))
    rows = [_binned(values, edges) for values in (reference, current)]
    table = np.stack(rows)
    return table[:, table.sum(axis=0) > 0]


def _binned(values: Array, edges: Array) -> Array:
    present = values[~np.isnan(values)]
    # right-closed bins, so that a value piled up on an edge falls into one bin with its neighbours
    counts = np.bincount(np.searchsorted(edges, present, side="left"), minlength=len(edges) + 1)
    return np.append(counts, len(values) - len(present))


def level_counts(reference: pd.Series, current: pd.Series) -> Array:
    """``(2, levels)`` rows per category, missing one of them; levels too rare for χ² are one."""
    both = [texts(_plain(one)).value_counts() for one in (reference, current)]
    counts = pd.concat(both, axis=1).fillna(0.0).to_numpy(dtype=np.int64).T
    share = counts.sum(axis=0) / counts.sum()
    rare = share * counts.sum(axis=1).min() < EXPECTED
    kept, pooled = counts[:, ~rare], counts[:, rare].sum(axis=1, keepdims=True)
    return np.hstack([kept, pooled]) if rare.any() else kept


def _plain(column: pd.Series) -> pd.Series:
    """Numbers as numbers, so that 1 and 1.0 are one category."""
    return pd.Series(numbers(column)) if kind(column) == "numeric" else column


def psi(table: Array) -> float:
    """Population stability index Σ (q − p) ln(q ÷ p) of two rows of counts ``(2, bins)``
    (Siddiqi 2017), half a row added to each cell so that an empty one does not make it infinite."""
    p, q = (table + 0.5) / (table + 0.5).sum(axis=1, keepdims=True)
    return float(((q - p) * np.log(q / p)).sum())


def psi_null(n: int, m: int, bins: int, tail: float) -> float:
    """What the PSI of samples of n and m rows of one law exceeds with chance ``tail``:
    (1/n + 1/m)·χ²(bins − 1) (Yurdakul & Naranjo 2020, doi:10.21314/JRMV.2020.227)."""
    return float((1 / n + 1 / m) * chi2.isf(tail, bins - 1)) if bins > 1 else 0.0


def jensen_shannon_null(n: int, m: int, bins: int, tail: float) -> float:
    """The same for the Jensen–Shannon distance (base 2), whose square is to second order
    (1/n + 1/m)·χ²(bins − 1) ÷ (8 ln 2)."""
    return float(np.sqrt(psi_null(n, m, bins, tail) / (8 * np.log(2))))


def wasserstein_null(
    a: Array, b: Array, tail: tuple[float, ...], seed: int, draws: int = 200, limit: int = 2000
) -> list[float]:
    """What Wasserstein ÷ sd of ``a`` of two samples of one law exceeds with chance ``tail`` each.

    Labels are shuffled over at most ``limit`` pooled rows; the distance shrinks with
    √(1/n + 1/m), which carries it over to all rows; a Pearson III law through three moments gives
    the tails that ``draws`` shuffles cannot.
    """
    random, pooled = np.random.default_rng([seed, 19]), np.concatenate([a, b])
    size = min(limit, len(pooled))
    values = np.sort(random.choice(pooled, size, replace=False))
    first = int(np.clip(round(size * len(a) / len(pooled)), 1, size - 1))
    member = random.permuted(np.tile(np.arange(size) < first, (draws, 1)), axis=1)
    ahead = np.cumsum(np.where(member, 1 / first, -1 / (size - first)), axis=1)[:, :-1]
    distances = np.abs(ahead) @ np.diff(values) / a.std(ddof=1)
    distances *= np.sqrt((1 / len(a) + 1 / len(b)) / (1 / first + 1 / (size - first)))
    mean, sd = distances.mean(), distances.std(ddof=1)
    if not sd > 0:
        return [float(mean)] * len(tail)
    lean = max(float(skew(distances)), 0.05)  # the law leans right; few draws may not show it
    return [float(pearson3.isf(t, lean, mean, sd)) for t in tail]


def label_shift(a: Array, b: Array) -> tuple[float, float, float]:
    """Bias-corrected V of two samples of classes, and the 95 and 99 % points of its null law, that
    of χ²; all 0 when both hold one and the same class."""
    width = int(max(a.max(), b.max())) + 1
    table = np.stack([np.bincount(side, minlength=width) for side in (a, b)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 0.0, 0.0, 0.0
    total, free = int(table.sum()), table.shape[1] - 1
    surplus = chi2.isf([0.05, 0.01], free) / total - free / (total - 1)
    low, high = np.sqrt(np.maximum(surplus, 0.0))
    return corrected_v(table), float(low), float(high)


def value_shift(a: Array, b: Array) -> tuple[float, float, float]:
    """KS statistic of two samples of numbers, and the 95 and 99 % points of its null law."""
    effective = len(a) * len(b) / (len(a) + len(b))
    found = ks_2samp(a, b, method="asymp")
    low, high = kstwo.isf([0.05, 0.01], max(round(effective), 1))
    return float(found.statistic), float(low), float(high)
