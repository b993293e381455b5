"""Concept drift: the model's errors in the order of time, and what the past still teaches."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Table, num
from xaiframe.report.record import Record

HEADLINE = ("ddm_level", "adwin_drifts", "saved_by_latest")
UNIT = "precaution.concept_drift"
SHOWN = 8
DETECTORS = {"adwin": "ADWIN", "page_hinkley": "Page–Hinkley", "kswin": "KSWIN"}


def found(record: Record) -> Iterable[Block]:
    """Errors over time, and where detectors call a change; nothing where time is unknown."""
    yield from errors(record)
    yield from drifts(record)


def errors(record: Record) -> Iterable[Block]:
    """The error over time, changes that ADWIN calls as lines across."""
    table, fired = record.table(UNIT, "stream"), record.table(UNIT, "drifts")
    if table is None or table.empty:
        return
    plot = alt.Chart(chart.data(table)).mark_line(color=chart.P, interpolate="step-before").encode(
        x=alt.X("position:Q", title="rows judged, in time"),
        y=alt.Y("error:Q", title="mean error", scale=alt.Scale(zero=True)),
    )  # fmt: skip
    if fired is not None and (fired["detector"] == "adwin").any():
        own = fired[fired["detector"] == "adwin"]
        plot += alt.Chart(chart.data(own)).mark_rule(color=chart.BAD).encode(x="position:Q")
    yield chart.figure(
        "errors-in-time",
        f"{_title(record)} from {words.shortened(table['time'].iloc[0])} to "
        f"{words.shortened(table['time'].iloc[-1])}",
        chart.fit(plot, chart.HALF, 150),
        n=words.count(int(table["n"].sum()), "row"),
        how="Mean error of neighbouring rows that the fit did not learn from; a line across where "
        "ADWIN calls a change.",
        caution="Errors also rise where the inputs move to what the model knows little of.",
        facts=[f"{UNIT}.ddm_level", f"{UNIT}.adwin_drifts"],
    )


def _title(record: Record) -> str:
    level, null = (record.facts.one(f"{UNIT}.{name}") for name in ("ddm_level", "ddm_level_null99"))
    if level is None or null is None or level.value is None or null.value is None:
        return "The model's errors"
    if float(level.value) > max(2.0, float(null.value)):
        return "The model's errors rise beyond what chance makes of them"
    return "The model's errors do not rise beyond what chance makes of them"


def drifts(record: Record) -> Iterable[Block]:
    """The changes that the detectors call."""
    table = record.table(UNIT, "drifts")
    if table is None or table.empty:
        return
    shown = table.sort_values("position", kind="stable").head(SHOWN)
    first = shown.iloc[0]
    yield Table(
        "drifts",
        f"{words.count(len(table), 'change')} called, the first at "
        f"{words.shortened(first['time'])}",
        ["detector", "row", "time", "error before", "error after"],
        [
            [
                DETECTORS.get(str(row["detector"]), str(row["detector"])),
                num(int(row["position"])),
                words.shortened(row["time"]),
                num(float(row["before"])),
                num(float(row["after"])),
            ]
            for _, row in shown.iterrows()
        ],
        how="Mean errors up to the change before and the change after.",
        caution="A single detector is a hint; each has its own idea of a change.",
        facts=(f"{UNIT}.adwin_drifts", f"{UNIT}.page_hinkley_drifts", f"{UNIT}.kswin_drifts"),
        compact=True,
    )
