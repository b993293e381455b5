"""Disguised gaps: values that stand for a missing one, such as −1, 999, "?" or 1900-01-01."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types
from scipy.stats import poisson

from xaiframe.explanation import Array
from xaiframe.precaution.columns import kind, numbers

WORDS = frozenset(
    {"", "?", "??", "???", "-", "na", "n/a", "#n/a", "n.a.", "nan", "null", "nil", "tbd", "unk"}
    | {"missing", "unknown", "unspecified", "undefined", "undetermined", "not_available"}
    | {"not available", "not known", "no data", "no answer", "not stated"}
)
"""Texts that say that there is no value; "none", "other" and "not applicable" may be one."""
NUMBERS = frozenset(
    sign * float("9" * digits) for digits in range(2, 9) for sign in (-1, 1)
) | {-1.0, -9.0}  # fmt: skip
DATES = frozenset(
    {"0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01"}
    | {"1970-01-01", "2099-12-31", "2100-01-01", "2199-12-31", "2999-12-31", "9999-12-31"}
)
MINIMUM = 30
"""Other values that a column needs, before one of its values can look odd among them."""
REPEATS = 5
SHARE = 0.005
"""A suspect is held by at least so many rows, and by that share of them."""
FAR = 1.5
"""Distance beyond the outer twentieth, in distances from there to the median: 4 standard deviations
from the mean of a normal law."""
NEIGHBOURS = 20
"""Nearest other values that a usual code's rows are held against."""
SPIKE = 5.0
"""Times the rows of any other value, for a spike in a column that hardly repeats one."""
BOUNDS = (0.0, 1.0, 100.0)
"""Ends that quantities have by nature (amounts, shares, percentages): many rows there are usual."""


EDGE = "many rows hold this one value at the end of the range"
CODE = "a usual code for no value"


@dataclass(frozen=True)
class Suspect:
    """A value of a column that may stand for a missing one, and why it is suspected."""

    value: str
    rows: int
    why: str


def suspects(column: pd.Series) -> list[Suspect]:
    """The values of a column that look like gaps, the most frequent first.

    After the outlier and repeat heuristics for disguised missing data (Qahtan et al. 2018, FAHES,
    doi:10.1145/3219819.3220109), kept narrow: a value at an end of the column, held by many rows,
    and off all others, or a usual code commoner than its neighbours, or the one value that an
    otherwise continuous column repeats. A zero that begins an unbroken range (counts, amounts) is
    none, however frequent.
    """
    if types.is_datetime64_any_dtype(column):
        return list(_of_dates(column))
    if kind(column) == "numeric":
        return _of_numbers(numbers(column))
    return list(_of_texts(column))


def _of_texts(column: pd.Series) -> Iterator[Suspect]:
    present = column.dropna()
    if types.is_bool_dtype(column) or not len(present):
        return
    counts = pd.Series([str(value).strip() for value in present]).value_counts()
    for text, rows in counts.items():
        if text == "-" and "+" in counts.index:  # signs
            continue
        if str(text).lower() in WORDS:
            yield Suspect(str(text) or "(empty text)", int(rows), "a word for no value")
        elif str(text)[:10] in DATES and rows >= max(REPEATS, SPIKE * counts.median()):
            yield Suspect(str(text)[:10], int(rows), "a date that stands for none")


def _of_dates(column: pd.Series) -> Iterator[Suspect]:
    days = column.dropna().dt.strftime("%Y-%m-%d").value_counts()
    for at, (day, rows) in enumerate(days.items()):
        if day in DATES and rows >= max(REPEATS, SPIKE * days.drop(day).head(at + 2).max()):
            yield Suspect(str(day), int(rows), "a date that stands for none")


def _of_numbers(values: Array) -> list[Suspect]:
    values = values[~np.isnan(values)]
    found: list[Suspect] = []
    while len(values) > MINIMUM:  # behind −1 there may stand −9
        levels, rows = np.unique(values, return_counts=True)
        ends = [(at, _why(levels, rows, at)) for at in (0, len(levels) - 1)]
        odd = [(at, why) for at, why in ends if why]
        if not odd or len(found) >= 2 * REPEATS:
            break
        found += [Suspect(f"{levels[at]:.12g}", int(rows[at]), why) for at, why in odd]
        values = values[~np.isin(values, levels[[at for at, _ in odd]])]
    return sorted(found, key=lambda one: -one.rows)


def _why(levels: Array, rows: Array, at: int) -> str:
    """Why the value at one end of the sorted ``levels`` looks like a gap, or nothing."""
    total, mine, value = int(rows.sum()), int(rows[at]), float(levels[at])
    others, counts = np.delete(levels, at), np.delete(rows, at)
    if mine < max(REPEATS, SHARE * total) or counts.sum() < MINIMUM or len(others) < 2:
        return ""
    # the nearest first
    near, beside = (counts, float(others[0])) if at == 0 else (counts[::-1], float(others[-1]))
    apart, extent = abs(value - beside), float(np.ptp(others))
    if len(others) < REPEATS:  # of few levels only a code far from them can be told
        return CODE if value in NUMBERS and apart > 3 * extent else ""
    lone = mine >= 3 * near[:REPEATS].mean() or apart > extent
    if lone and far(others, counts, value, low=at == 0):
        return "many rows hold it, and it lies off all other values"
    usual = float(near[:NEIGHBOURS].mean())
    spike = mine >= 2 * usual and poisson.sf(mine - 1, usual) < 1e-3
    if value in NUMBERS and (spike or (value < 0 and others.min() >= 0)):
        return CODE
    continuous = len(others) > counts.sum() / 2 and value not in BOUNDS
    repeated = mine >= max(2 * REPEATS, SPIKE * counts.max())
    return EDGE if continuous and repeated else ""


def far(levels: Array, rows: Array, value: float, low: bool) -> bool:
    """Whether ``value`` lies beyond the other values, given as ``levels`` and their ``rows``."""
    share = np.cumsum(rows) / rows.sum()
    outer, middle = (float(levels[np.searchsorted(share, q)]) for q in (0.05 if low else 0.95, 0.5))
    gap, body = (outer - value, middle - outer) if low else (value - outer, outer - middle)
    return body > 0 and gap > FAR * body
