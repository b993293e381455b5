"""The input of one tabular case beside what is usual, and what both directions make of it."""

from __future__ import annotations

import numpy as np

from xaiframe.report import explained, words
from xaiframe.report.block import Cell, Row, Table
from xaiframe.report.case_data import Case


def values(case: Case) -> Table:
    """One row per shown feature: value, usual range, shares of P and G, their verdict."""
    rows: list[Row] = []
    for name in case.shown:
        p, g = (case.mean(name, side) for side in ("P", "G"))
        value = case.value(name)
        rows.append(
            [
                name,
                Cell(case.recorded(name), "number", None if np.isnan(value) else value),
                Cell(case.values.usual(name), "number"),
                _share(p),
                _share(g),
                _verdict(case, name, float(np.nansum([p, g]))),
            ]
        )
    rest = len(case.names) - len(case.shown)
    further = f" {words.count(rest, 'further feature')} in the explorer of the HTML report."
    return Table(
        f"case-values-{case.place + 1}",
        "The input as recorded, beside what is usual",
        ["feature", "value", "usual in training", "P share", "G share", "both directions"],
        rows,
        how="Usual: the middle half of the training rows, or the most frequent level.",
        caution="Shares are the pale bars above." + (further if rest else ""),
        compact=True,
        widths=(30, 15, 19, 11, 11, 14),
    )


def _share(value: float) -> Cell:
    if np.isnan(value):
        return Cell("–", "number")
    return Cell(words.number(value), "number", value)


def _verdict(case: Case, name: str, weight: float) -> Cell:
    if name not in case.conflict:
        return Cell("not assessed", "status", status="not_assessed")
    if case.conflict[name]:
        return Cell("conflict", "status", status="fail")
    sides = ("raises", "lowers") if explained.regression(case.record) else ("for", "against")
    return Cell(sides[weight <= 0], "status", status="pass")
