"""Imbalance: how classes, and within groups the classes, share the rows; or a target its range."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Table, num
from xaiframe.report.record import Record

HEADLINE = ("ratio", "effective_rows_share", "rare_range_share")
UNIT = "precaution.imbalance"
SHOWN = 8


def found(record: Record) -> Iterable[Block]:
    """Rows per class and split, the smallest cells of groups, rows over the target's range."""
    yield from classes(record)
    yield from cells(record)
    yield from parts(record)


def classes(record: Record) -> Iterable[Block]:
    """Rows per class and split."""
    table = record.table("precaution.profile", "classes")
    if table is None or table.empty:
        return
    total = table.groupby("class")["count"].sum().sort_values(ascending=False)
    title = (
        f"{words.quoted(total.index[0])} is the commonest class with "
        f"{words.of_hundred(total.iloc[0] / total.sum())} rows"
        + (f", {words.quoted(total.index[-1])} the rarest" if len(total) > 1 else "")
    )
    plot = alt.Chart(chart.data(table)).mark_bar().encode(
        y=alt.Y("class:N", title=None, sort=None),
        x=alt.X("count:Q", title="rows"),
        color=alt.Color(
            "split:N", title=None, scale=alt.Scale(range=[chart.P, "#6fa8cf", chart.FAINT])
        ),
    )  # fmt: skip
    yield chart.figure(
        "classes",
        title,
        chart.fit(plot, chart.HALF, 80 + 16 * table["class"].nunique()),
        n=words.count(int(total.sum()), "row"),
        how="Length is the number of rows, shade the split.",
        caution="A balanced picture says nothing about whether the labels are right.",
        facts=[f"{UNIT}.class_share"],
    )


def cells(record: Record) -> Iterable[Block]:
    """The groups and classes with the fewest rows."""
    table = record.table(UNIT, "cells")
    if table is None or table.empty:
        return
    shown = table.sort_values("rows", kind="stable").head(SHOWN)
    first = shown.iloc[0]
    yield Table(
        "cells",
        f"{words.quoted(words.shortened(first['class']))} in {words.shortened(first['column'])} "
        f"{words.quoted(words.shortened(first['group']))} rests on "
        f"{words.count(int(first['rows']), 'row')}",
        ["column", "group", "class", "rows", "if independent"],
        [
            [
                words.shortened(row["column"]),
                words.shortened(row["group"]),
                words.shortened(row["class"]),
                num(int(row["rows"])),
                num(float(row["expected"])),
            ]
            for _, row in shown.iterrows()
        ],
        how="The smallest cells of training rows, beside those that there would be if group and "
        "class had nothing to do with each other.",
        caution=f"{len(table) - len(shown)} more: see artifacts."
        if len(table) > len(shown)
        else "",
        facts=(f"{UNIT}.smallest_cell", f"{UNIT}.group_ratio"),
        compact=True,
    )


def parts(record: Record) -> Iterable[Block]:
    """Rows in each tenth of the target's range."""
    table = record.table(UNIT, "parts")
    if table is None or table.empty:
        return
    rare = int((table["share"] < 0.01).sum())
    plot = (
        alt.Chart(chart.data(table))
        .mark_bar(color=chart.P, stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("low:Q", bin="binned", title="target"),
            x2="high:Q",
            y=alt.Y("rows:Q", title="rows"),
        )
    )
    yield chart.figure(
        "target-range",
        f"{rare} of {len(table)} parts of the target's range hold less than 1 of 100 rows",
        chart.fit(plot, chart.HALF, 150),
        n=words.count(int(table["rows"].sum()), "row"),
        how="The range from the smallest to the largest training value, in ten parts of equal "
        "width.",
        caution="What a model says in a part with few rows is hardly tested by its overall score.",
        facts=[f"{UNIT}.rare_range_share"],
    )
