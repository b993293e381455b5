"""Segments of one feature: the parts of a number's range, the frequent categories, no value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.precaution.columns import distinct, kind, numbers, texts


@dataclass(frozen=True)
class Segment:
    """Rows ``(n,)`` bool that a sentence describes; ``columns``: the features it speaks of."""

    name: str
    rows: Array
    columns: tuple[str, ...] = ()


def slices(frame: pd.DataFrame, cuts: Array, levels: int = 8) -> Iterator[Segment]:
    """One-column segments: between the quantiles ``cuts`` of a number, one frequent category, or no
    value. They are drawn without looking at the model's errors."""
    for name, column in frame.items():
        own = (str(name),)
        if kind(column) == "numeric" and distinct(column) > levels:
            found = _ranges(str(name), numbers(column), cuts)
            yield from (Segment(told, rows, own) for told, rows in found)
            continue
        shown = (
            pd.Series(numbers(column)).map("{:g}".format) if kind(column) == "numeric" else column
        )
        value = texts(shown)
        for level in value.value_counts().index[:levels]:
            yield Segment(f"{name} = {level}", (value == level).to_numpy(), own)


def _ranges(name: str, values: Array, cuts: Array) -> Iterator[tuple[str, Array]]:
    edges = np.unique(np.nanquantile(values, cuts))
    part = np.searchsorted(edges, values, side="left")
    ends = [f"{edge:.4g}" for edge in edges]
    names = [f"{name} ≤ {ends[0]}"]
    names += [f"{low} < {name} ≤ {high}" for low, high in pairwise(ends)]
    names.append(f"{name} > {ends[-1]}")
    gaps = np.isnan(values)
    for k, described in enumerate(names):
        rows = (part == k) & ~gaps
        if rows.any():
            yield described, rows
    if gaps.any():
        yield f"{name} missing", gaps


def sides(frame: pd.DataFrame, cuts: Array, levels: int = 8) -> Iterator[Segment]:
    """The rows on either side of a quantile of a number, as far as :func:`slices` are not these."""
    for name, column in frame.items():
        if kind(column) != "numeric" or distinct(column) <= levels:
            continue
        values = numbers(column)
        edges = np.unique(np.nanquantile(values, cuts))
        with np.errstate(invalid="ignore"):
            below = [Segment(f"{name} ≤ {e:.4g}", values <= e, (str(name),)) for e in edges[1:]]
            above = [Segment(f"{name} > {e:.4g}", values > e, (str(name),)) for e in edges[:-1]]
        yield from below + above
