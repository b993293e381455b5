"""Missing values: which columns have gaps, and how wide."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

HEADLINE = ("worst_share", "rows_share")


def found(record: Record) -> Iterable[Block]:
    """Only columns that miss something are drawn; none is a sentence in the table above."""
    table = record.table("precaution.missing", "columns")
    if table is None or not (table["share"] > 0).any():
        return
    worst = table[table["share"] > 0].sort_values("share", ascending=False).head(10)
    top = worst.iloc[0]
    plot = alt.Chart(chart.data(worst)).mark_bar(color=chart.P).encode(
        x=alt.X("share:Q", title="share of rows without a value"),
        y=alt.Y("column:N", title=None, sort=None),
    )  # fmt: skip
    yield chart.figure(
        "missing",
        f"{words.quoted(top['column'])} is missing in {words.of_hundred(top['share'])} rows",
        chart.fit(plot, chart.HALF, 40 + 18 * len(worst)),
        n=words.count(int(top["n"]), "row"),
        how="Columns with gaps, widest gap first.",
        caution="Few gaps can still matter when they fall on one group.",
        facts=["precaution.missing.share"],
    )
