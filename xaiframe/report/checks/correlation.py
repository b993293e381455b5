"""Correlation: features that say the same, and single ones that give the target away."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

HEADLINE = ("strongest", "redundant_pairs", "strongest_power")


def found(record: Record) -> Iterable[Block]:
    """The closest pairs of features, and how well each foretells the target alone."""
    yield from pairs(record)
    yield from power(record)


def pairs(record: Record) -> Iterable[Block]:
    """The closest pairs of features."""
    table = record.table("precaution.correlation", "pairs")
    if table is None or table.empty:
        return
    shown = table.head(8).assign(
        pair=[f"{a} · {b}" for a, b in zip(table["a"], table["b"], strict=True)][:8]
    )
    first = shown.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("association:Q", title="association (0 none, 1 the "
                                       "same)", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("pair:N", title=None, sort=None),
        tooltip=["pair:N", "association:Q", "measure:N"],
    )  # fmt: skip
    yield chart.figure(
        "correlation",
        f"{words.quoted(first['a'])} and {words.quoted(first['b'])} say nearly the same "
        f"({words.number(float(first['association']))})"
        if first["association"] > 0.9
        else f"No two features say the same; the closest pair reaches "
        f"{words.number(float(first['association']))}",
        chart.fit(plot, chart.HALF, 50 + 18 * len(shown)),
        how=f"The {len(shown)} closest pairs of {words.number(len(table))}; measure: "
        f"{words.listing(dict.fromkeys(shown['measure']))}.",
        caution="Between such features attributions are shared out arbitrarily; read them as a "
        "group.",
        facts=["precaution.correlation.strongest", "precaution.correlation.redundant_pairs"],
    )


def power(record: Record) -> Iterable[Block]:
    """How well each feature predicts the target on its own."""
    table = record.table("precaution.correlation", "power")
    if table is None or table.empty:
        return
    shown = table.sort_values("power", ascending=False).head(8)
    first = shown.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("power:Q", title="predictive power alone (0–1)", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("column:N", title=None, sort=None),
    )  # fmt: skip
    yield chart.figure(
        "power",
        f"{words.quoted(first['column'])} alone predicts the target best "
        f"({words.number(float(first['power']))})",
        chart.fit(plot, chart.HALF, 40 + 18 * len(shown)),
        how="Each feature on its own; 1 would be a perfect prediction.",
        caution="A value near 1 suggests that the answer leaked into the input.",
        facts=["precaution.correlation.predictive_power"],
    )
