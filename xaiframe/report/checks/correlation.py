"""Correlation: features that say the same, and single ones that give the target away."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

HEADLINE = ("strongest", "strongest_power", "strongest_mark")


def found(record: Record) -> Iterable[Block]:
    """The closest pairs of features, and how well each foretells the target alone."""
    yield from pairs(record)
    yield from power(record)
    yield from watermarks(record)


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


def watermarks(record: Record) -> Iterable[Block]:
    """How many of each class's pictures show one and the same mark, and no others."""
    table = record.table("precaution.correlation", "marks")
    if table is None or table.empty:
        return
    shown = table.sort_values("share", ascending=False).head(8)
    first = table.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("share:Q", title="share of its pictures with a mark of its own",
                scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("class:N", title=None, sort=None),
        tooltip=["class:N", "share:Q", "row:Q", "column:Q", "level:Q", "elsewhere:Q"],
    )  # fmt: skip
    yield chart.figure(
        "marks",
        f"{words.of_hundred(first['share'])} pictures of {words.quoted(first['class'])} share a "
        f"grey level at row {first['row']}, column {first['column']} that others hardly show",
        chart.fit(plot, chart.HALF, 40 + 18 * len(shown)),
        n=words.count(int(first["n"]), "picture"),
        how="Of each class, the place and the level that most of its pictures share and at most "
        "one in two hundred others show.",
        caution="Near 1 a watermark or caption gives the class away; strokes that a class always "
        "has may reach a third.",
        facts=["precaution.correlation.strongest_mark"],
    )
