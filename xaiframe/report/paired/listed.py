"""The leading pairs as a table, with what each means in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Note, Row, Table
from xaiframe.report.paired.found import KIND, Found, clear, title
from xaiframe.report.paired.own import number, thing

LISTED = 8
"""Pairs of a table."""


def apart(found: Found) -> Iterable[Block]:
    """Where no feature is the same in two instances: how much pairs carry, and the largest."""
    share = found.value("share")
    told = f"Pairs carry {words.of_hundred(share)} parts of what is attributed, singles the rest"
    if found.record.redact:
        yield Note("Strongest pairs", "withheld: the report was asked to keep single rows out")
        return
    pairs = clear(found.table(KIND)).head(LISTED)
    rows: list[Row] = [
        [
            words.number(int(one["id"])),
            thing(found.record, int(one["position"]), str(one["first"])),
            thing(found.record, int(one["position"]), str(one["second"])),
            number(float(one["value"]), float(one["error"])),
        ]
        for one in pairs.to_dict("records")
    ]
    yield Table(
        f"{found.method}-pairs",
        told,
        ["row", "first", "second", "together, beyond the two alone"],
        rows,
        how="The pairs with the largest size in any explained instance.",
        caution="A pair speaks of its own instance: elsewhere the same two may do otherwise.",
        n=found.rows,
        facts=(f"{found.unit}.share",),
        compact=True,
        widths=(10, 32, 32, 26),
    )


def strongest(found: Found, pairs: pd.DataFrame) -> Table:
    """The leading pairs with their intervals, and what each means in words."""
    top = pairs.head(LISTED)
    heads = ("mean size", "mean with sign") if found.signed else ("H", "joint effect (score)")
    rows: list[Row] = []
    for one in top.to_dict("records"):
        value, error = float(one["value"]), float(one["error"])
        spread = words.brackets((max(value - 1.96 * error, 0.0), value + 1.96 * error))
        second = float(one["mean" if found.signed else "size"])
        rows.append(
            [
                str(one["first"]),
                str(one["second"]),
                Cell(words.number(value), "number", value, extra=spread if error else ""),
                Cell(words.number(second), "number", second),
                _said(found, one),
            ]
        )
    return Table(
        f"{found.method}-pairs",
        "" if pairs["value"].max() > 0 else title(found, pairs),
        ["first", "second", *heads, "in words"],
        rows,
        how=_noise(found, top),
        n=found.rows,
        facts=(f"{found.unit}.pair",),
        compact=True,
        widths=(21, 21, 17, 13, 28),
    )


def _noise(found: Found, top: pd.DataFrame) -> str:
    if not found.signed:
        return (
            "The largest joint effect first. In brackets: 95 % interval over the rows at which "
            "effects are taken. Not told apart from none: no larger than what a joint effect that "
            "turns with the other features would leave by chance in so few rows."
        )
    noise = float(top["noise"].max())
    told = "In brackets: 95 % interval over instances."
    if noise > 0:
        told += f" Sampling alone would give a mean size of up to {words.number(noise, digits=2)}."
    return told


def _said(found: Found, one: Mapping[Any, Any]) -> str:
    value, mean = float(one["value"]), float(one["mean"])
    if value <= max(1.96 * float(one["error"]), float(one["noise"])):
        return "not told apart from none"
    if not found.signed:
        return f"{words.of_hundred(min(value**2, 1.0))} parts of the two's variance are joint"
    if abs(mean) < value / 2:
        return "more in some instances, less in others"
    return f"mostly {'more' if mean > 0 else 'less'} than the sum of each alone"
