"""Forecastability: the target over time, and how much of it its own past tells."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

HEADLINE = ("omega_above_noise", "skill_over_seasonal_naive", "skill_over_dummy")
UNIT = "precaution.forecastability"


def found(record: Record) -> Iterable[Block]:
    """The target in the order of time; nothing where rows have none."""
    table = record.table(UNIT, "target")
    if table is None or table.empty:
        return
    plot = alt.Chart(chart.data(table)).mark_line(color=chart.P).encode(
        x=alt.X("position:Q", title="rows in time"),
        y=alt.Y("value:Q", title="target", scale=alt.Scale(zero=False)),
    )  # fmt: skip
    above = record.facts.one(f"{UNIT}.omega_above_noise")
    known = above is not None and isinstance(above.value, float)
    yield chart.figure(
        "target-in-time",
        f"Forecastability of the target over time: {words.number(above.value)} above white noise"
        if above is not None and known
        else "The target over time",
        chart.fit(plot, chart.HALF, 150),
        n=words.count(int(above.n), "row") if above is not None and above.n else "",
        how="0 is white noise, 1 a pure wave; of classes, the share of the commonest. Neighbours "
        "are averaged.",
        caution="Low values say that the past alone tells little; the inputs may tell more.",
        facts=[f"{UNIT}.omega", f"{UNIT}.omega_above_noise"],
    )
