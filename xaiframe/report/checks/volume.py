"""Volume: whether the learning curve still climbs, and which groups are thin."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.facts import Fact
from xaiframe.report import chart, words
from xaiframe.report.block import Block, Row, Table, num
from xaiframe.report.record import Record

HEADLINE = ("doubling_gain", "rows_per_feature", "smallest_class_rows")
SHOWN = 8


def found(record: Record) -> Iterable[Block]:
    """The curve with its law, and the smallest classes and groups."""
    curve = record.table("precaution.volume", "curve")
    if curve is not None and not curve.empty:
        yield _curve(curve, record.facts.one("precaution.volume.doubling_gain"))
    groups = record.table("precaution.volume", "groups")
    if groups is not None and not groups.empty:
        yield _groups(groups)


def _curve(curve: pd.DataFrame, gain: Fact | None) -> Block:
    base = alt.Chart(chart.data(curve)).encode(
        x=alt.X("rows:Q", title="training rows", scale=alt.Scale(type="log"))
    )
    told = alt.Y("score:Q", title="score of a forest", scale=alt.Scale(zero=False))
    colour = alt.condition("datum.measured", alt.value(chart.P), alt.value(chart.G))
    line = base.mark_line(color=chart.FAINT).encode(y="fitted:Q")
    spans = base.mark_rule().encode(y="low:Q", y2="high:Q", color=colour)
    dots = base.mark_point(size=50).encode(y=told, color=colour)
    points = 100 * float(gain.value) if gain and isinstance(gain.value, float) else None
    title = "The score grows with the rows"
    if points is not None:
        title = f"Twice the rows would add {words.number(points)} points to the score"
    return chart.figure(
        "learning-curve",
        title,
        chart.fit(line + spans + dots, chart.HALF, 200),
        n=words.count(int(curve.loc[curve["measured"], "rows"].max()), "row") + " at most",
        how="Blue: measured out of fold, with 95 % interval; orange: what the law a − b·n^−c says "
        "of the training split and of twice as many rows.",
        caution="A curve of a forest: another model may learn from rows that it cannot use.",
        facts=["precaution.volume.doubling_gain", "precaution.volume.asymptote"],
    )


def _groups(groups: pd.DataFrame) -> Block:
    small = groups.sort_values("rows", kind="stable").head(SHOWN)
    first = small.iloc[0]
    rows: list[Row] = [
        [
            words.shortened(r["column"]),
            words.shortened(r["group"]),
            str(r["kind"]),
            num(int(r["rows"])),
        ]
        for _, r in small.iterrows()
    ]
    more = len(groups) - len(small)
    return Table(
        "thin-groups",
        f"{words.quoted(words.shortened(first['group']))} is the smallest group with "
        f"{words.count(int(first['rows']), 'row')}",
        ["column", "group", "kind", "rows"],
        rows,
        caution=f"{more} larger ones: see artifacts." if more else "",
        facts=("precaution.volume.rows_per_class", "precaution.volume.rows_per_group"),
        compact=True,
    )
