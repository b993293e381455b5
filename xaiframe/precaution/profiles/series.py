"""Series profiled: trend, season, stationarity, level shifts and stretches that stand still."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.precaution.columns import sample
from xaiframe.precaution.measure import share_fact

SHORTEST = 20
"""Samples below which none of the tests can tell anything."""
KPSS, CUSUM = 0.463, 1.358
"""5 % points: Kwiatkowski et al. 1992, Table 1 (level); sup of a Brownian bridge (Kolmogorov)."""
CYCLES, LEVEL = 3, 0.05
STILL = 0.1, 10
"""Share of the samples, and number of them, in a stretch that is said to stand still."""
COLUMNS = ["channel", "series", "samples", "trend", "nonstationary", "shifted", "seasonal",
           "period", "still"]  # fmt: skip
SHARES = {"nonstationary": "nonstationary_share", "shifted": "level_shift_share",
          "seasonal": "seasonal_share", "still": "still_share"}  # fmt: skip


def profile(data: Data, limit: int, seed: int) -> tuple[list[Fact], pd.DataFrame]:
    """Facts nonstationary_share, level_shift_share, seasonal_share, still_share per channel, of at
    most ``limit`` training series, and the table channels. Each test errs in 5 % of series of
    independent noise; memory makes it err more often."""
    x = data.train.x[sample(len(data.train), limit, seed)].astype(np.float64)
    axis = getattr(data.encoding, "axis", None)
    names = axis.channels if axis else [f"channel {k}" for k in range(x.shape[1])]
    step = float(axis.step) if axis else 1.0
    rows = [_row(str(name), x[:, place], step) for place, name in enumerate(names)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return [fact for row in rows for fact in _facts(row)], table


def _row(name: str, x: Array, step: float) -> dict[str, object]:
    n, length = x.shape
    row: dict[str, object] = {"channel": name, "series": n, "samples": length}
    if length < SHORTEST or n == 0:
        return row | dict.fromkeys(COLUMNS[3:], np.nan)
    season, period = seasonal(x)
    found = {
        "trend": float(np.median(trend(x))),
        "nonstationary": float((kpss(x) > KPSS).mean()),
        "shifted": float((cusum(x) > CUSUM).mean()),
        "seasonal": float(season.mean()),
        "period": float(np.median(period[season])) * step if season.any() else np.nan,
        "still": float((longest_run(x) > max(STILL[0] * length, STILL[1])).mean()),
    }
    return row | found


def _facts(row: dict[str, object]) -> list[Fact]:
    labels, n = {"channel": str(row["channel"])}, int(str(row["series"]))
    empty = f"{row['samples']} samples are fewer than {SHORTEST}" if n else "there are no series"
    known = not np.isnan(float(str(row["trend"])))
    return [
        share_fact(
            name, round(float(str(row[column])) * n) if known else 0, n if known else 0,
            labels, "none", empty,
        )
        for column, name in SHARES.items()
    ]  # fmt: skip


def trend(x: Array) -> Array:
    """``(n,)`` share of the variance of ``(n, samples)`` that a straight line explains."""
    return np.asarray(1 - detrended(x).var(axis=1) / _positive(x.var(axis=1))) * (_spread(x) > 0)


def detrended(x: Array) -> Array:
    """``(n, samples)`` less the least-squares line."""
    time = np.arange(x.shape[1]) - (x.shape[1] - 1) / 2
    centred = x - x.mean(axis=1, keepdims=True)
    return np.asarray(centred - (centred @ time / (time @ time))[:, None] * time)


def kpss(x: Array) -> Array:
    """``(n,)`` statistic of stationarity about a level: large where the level wanders (Kwiatkowski
    et al. 1992, doi:10.1016/0304-4076(92)90104-Y); 0 for a constant."""
    sums = np.cumsum(x - x.mean(axis=1, keepdims=True), axis=1)
    return np.asarray((sums**2).mean(axis=1) / x.shape[1] / long_run(x)) * (_spread(x) > 0)


def cusum(x: Array) -> Array:
    """``(n,)`` largest cumulative sum of deviations, in standard deviations of the whole: large
    where the level shifts (Ploberger & Krämer 1992, doi:10.2307/2951597); 0 for a constant."""
    sums = np.abs(np.cumsum(x - x.mean(axis=1, keepdims=True), axis=1)).max(axis=1)
    return np.asarray(sums / np.sqrt(x.shape[1] * long_run(x))) * (_spread(x) > 0)


def long_run(x: Array) -> Array:
    """``(n,)`` long-run variance with Bartlett weights up to lag ⌊4 (samples ÷ 100)^¼⌋ (Newey &
    West 1987, doi:10.2307/1913610); 1 for a constant."""
    length = x.shape[1]
    lags = int(4 * (length / 100) ** 0.25)
    centred = x - x.mean(axis=1, keepdims=True)
    total = (centred**2).mean(axis=1)
    for lag in range(1, lags + 1):
        product = (centred[:, lag:] * centred[:, :-lag]).sum(axis=1) / length
        total = total + 2 * (1 - lag / (lags + 1)) * product
    return _positive(total)


def seasonal(x: Array) -> tuple[Array, Array]:
    """``(n,)`` bool: whether one period stands out of the detrended series, repeated at least
    three times, by Fisher's test of the largest ordinate of the periodogram (Fisher 1929,
    doi:10.1098/rspa.1929.0151; Bonferroni's bound of its p value); ``(n,)`` period in samples."""
    length = x.shape[1]
    power = np.abs(np.fft.rfft(detrended(x), axis=1))[:, 1 : (length - 1) // 2 + 1] ** 2
    m = power.shape[1]
    top = power.argmax(axis=1)
    share = power.max(axis=1) / _positive(power.sum(axis=1))
    stands = (m * (1 - share) ** (m - 1) < LEVEL) & (top + 1 >= CYCLES) & (_spread(x) > 0)
    return np.asarray(stands), length / (top + 1)


def longest_run(x: Array) -> Array:
    """``(n,)`` samples in the longest stretch of one and the same value."""
    run = best = np.ones(len(x), dtype=np.int64)
    for at in range(1, x.shape[1]):
        run = np.where(x[:, at] == x[:, at - 1], run + 1, 1)
        best = np.maximum(best, run)
    return best


def _spread(x: Array) -> Array:
    """``(n,)`` range, 0 where it is lost in the rounding of the values."""
    spread = np.ptp(x, axis=1)
    return np.asarray(np.where(spread > 1e-6 * np.abs(x).max(axis=1), spread, 0.0))


def _positive(values: Array) -> Array:
    return np.asarray(np.where(values > 0, values, 1.0))
