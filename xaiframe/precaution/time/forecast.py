"""One step ahead: a linear forecast from a series' own past against the value a season ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import RidgeCV

from xaiframe.explanation import Array
from xaiframe.precaution.measure import Interval, central

LAGS = 24
"""Most recent values that the forecast reads, beside those of the last season."""


@dataclass(frozen=True)
class Skill:
    """1 − mean absolute error ÷ that of the seasonal-naive forecast, its paired interval, steps
    judged; value None with the reason."""

    value: float | None
    interval: Interval | None
    n: int
    reason: str = ""


def skill(series: Array, season: int, seed: int) -> Skill:
    """Skill of ridge regression on lags over the value a season ago, on the last season (at least
    24 steps), neither having seen it (Hyndman & Koehler 2006,
    doi:10.1016/j.ijforecast.2006.03.001)."""
    judged = max(season, 24)
    lags = sorted({*range(1, min(LAGS, max(len(series) // 10, 1)) + 1), season, season + 1})
    reach = lags[-1]
    if len(series) < reach + 2 * judged:
        return Skill(None, None, len(series),
                     f"{len(series)} values: fewer than {reach + 2 * judged}")  # fmt: skip
    past = np.column_stack([series[reach - lag : len(series) - lag] for lag in lags])
    truth = series[reach:]
    fitted = RidgeCV(np.logspace(-3, 3, 7)).fit(past[:-judged], truth[:-judged])
    own = np.abs(fitted.predict(past[-judged:]) - truth[-judged:])
    naive = np.abs(past[-judged:, lags.index(season)] - truth[-judged:])
    if naive.sum() == 0:
        return Skill(None, None, judged, "the value a season ago is never wrong")
    rows = np.random.default_rng([seed, 257]).integers(0, judged, (300, judged))
    below = naive[rows].sum(axis=1)
    draws = 1 - own[rows].sum(axis=1) / np.where(below > 0, below, np.nan)
    return Skill(float(1 - own.sum() / naive.sum()), central(draws), judged)
