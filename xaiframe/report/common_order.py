"""The order of the features on which the methods of both directions agree most nearly."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

SHOWN = 12
"""Features of the common order in print."""


def ranking(record: Record) -> Iterable[Block]:
    """The order of the features on which the methods agree most nearly, with its intervals."""
    table = record.table("evaluation.agreement", "ranking")
    if table is None or table["rank"].isna().all():
        return
    shown = table.dropna(subset="rank").head(SHOWN)
    names = [str(one) for one in shown["feature"]]
    y = alt.Y("feature:N", title=None, sort=names)
    base = alt.Chart(chart.data(shown)).encode(y=y)
    title = "mean rank (1 the most important)"
    x = {
        name: alt.X(f"{name}:Q", title=title, scale=alt.Scale(zero=False))
        for name in ("rank", "low", "p_rank", "g_rank")
    }
    spans = base.mark_rule(color=chart.INK).encode(x=x["low"], x2="high:Q")
    dots = base.mark_point(color=chart.INK, size=36).encode(
        x=x["rank"], tooltip=["feature:N", "rank:Q", "p_rank:Q", "g_rank:Q"]
    )
    sides = [
        base.mark_point(color=colour, shape=shape, size=20).encode(x=x[name])
        for name, colour, shape in (("p_rank", chart.P, "circle"), ("g_rank", chart.G, "square"))
        if shown[name].notna().any()
    ]
    second = shown.iloc[1] if len(shown) > 1 else None
    first = shown.iloc[0]
    clear = second is not None and first["high"] < second["low"]
    yield chart.figure(
        "common-order",
        f"{words.quoted(names[0])} leads the common order of all methods"
        + ("" if clear else ", not clearly"),
        chart.fit(alt.layer(spans, *sides, dots), chart.HALF, 44 + 17 * len(names)),
        n=words.count(int(shown["n"].max()), "instance"),
        how="Dark dot: mean rank over both directions, each counting once (Borda), with its 95 % "
        "interval; blue circle P, orange square G.",
        caution="A common order is no truth: methods can share a blind spot.",
        facts=["artifacts/evaluation.agreement/ranking.parquet"],
    )
