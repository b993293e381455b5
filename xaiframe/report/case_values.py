"""The input of one tabular case beside what is usual, and what both directions make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.report import words
from xaiframe.report.block import Cell, Row, Table
from xaiframe.report.case_data import Case


def values(case: Case) -> Table:
    """One row per shown feature: value, usual range, shares of P and G, their verdict."""
    profile = case.record.table("precaution.profile", "columns")
    usual = {} if profile is None else {str(r["column"]): r for _, r in profile.iterrows()}
    rows: list[Row] = []
    for name in case.shown:
        p, g = (case.mean(name, side) for side in ("P", "G"))
        rows.append(
            [
                name,
                Cell(case.recorded(name), "number", case.value(name)),
                Cell(_range(usual.get(name)), "number"),
                _share(p),
                _share(g),
                _verdict(name, case.conflict, float(np.nansum([p, g]))),
            ]
        )
    rest = len(case.names) - len(case.shown)
    return Table(
        f"case-values-{case.place + 1}",
        "The input as recorded, beside what is usual",
        ["feature", "value", "middle half of all rows", "P share", "G share", "both directions"],
        rows,
        caution="Shares are the pale bars above."
        + (f" The other {rest} features are in the explorer of the HTML report." if rest else ""),
        compact=True,
        widths=(30, 15, 19, 11, 11, 14),
    )


def _share(value: float) -> Cell:
    if np.isnan(value):
        return Cell("–", "number")
    return Cell(words.number(value), "number", value)


def _range(row: pd.Series | None) -> str:
    if row is None or not {"q25", "q75"} <= set(row.index):
        return "not profiled"
    return words.interval((float(row["q25"]), float(row["q75"])))


def _verdict(name: str, conflict: dict[str, bool], weight: float) -> Cell:
    if name not in conflict:
        return Cell("not assessed", "status", status="not_assessed")
    if conflict[name]:
        return Cell("conflict", "status", status="fail")
    return Cell("for" if weight > 0 else "against", "status", status="pass")
