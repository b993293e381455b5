"""Imbalance: how the classes share the rows."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

HEADLINE = ("ratio", "effective_classes")


def found(record: Record) -> Iterable[Block]:
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
        facts=["precaution.imbalance.class_share"],
    )
