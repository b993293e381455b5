"""The input of one tabular case beside what is usual, and what both directions make of it."""

from __future__ import annotations

import numpy as np

from xaiframe.report import explained, words
from xaiframe.report.block import Cell, Row, Table
from xaiframe.report.tables.data import Case


def values(case: Case) -> Table:
    """One row per shown feature: value, usual range, the share of each direction that speaks, and
    which way it goes."""
    rows: list[Row] = []
    both = len(case.voices) > 1
    for name in case.shown:
        value = case.value(name)
        rows.append(
            [
                name,
                Cell(case.recorded(name), "number", None if np.isnan(value) else value),
                Cell(case.values.usual(name), "number"),
                *(_share(case.mean(name, side)) for side in case.voices),
                _verdict(case, name),
            ]
        )
    rest = len(case.names) - len(case.shown)
    further = f" {words.count(rest, 'further feature')} in the explorer of the HTML report."
    return Table(
        f"case-values-{case.place + 1}",
        "The input as recorded, beside what is usual",
        [
            *("feature", "value", "usual in training"),
            *(f"{side} share" for side in case.voices),
            "both directions" if both else "direction",
        ],
        rows,
        how="Usual: the middle half of the training rows, or the most frequent level.",
        caution="Shares are the pale bars above." + (further if rest else ""),
        compact=True,
        widths=(30, 15, 19, 11, 11, 14) if both else (32, 17, 21, 14, 16),
    )


def _share(value: float) -> Cell:
    if np.isnan(value):
        return Cell("–", "number")
    return Cell(words.number(value), "number", value)


def _verdict(case: Case, name: str) -> Cell:
    """Which way the feature goes; marked only where there are two directions to compare."""
    shares = [case.mean(name, side) for side in case.voices]
    if len(shares) > 1 and name not in case.conflict:
        return Cell("not assessed", "status", status="not_assessed")
    if case.conflict.get(name):
        return Cell("conflict", "status", status="fail")
    ways = ("raises", "lowers") if explained.regression(case.record) else ("for", "against")
    weight = float(np.nansum(shares))
    said = ways[weight < 0] if weight else "–"
    return Cell(said, "status", status="pass" if np.isfinite(shares).sum() > 1 and weight else "")
