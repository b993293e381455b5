"""One tabular case: P and G side by side, one order, one scale, with error bars and conflict."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record
from xaiframe.report.tables import values as case_values
from xaiframe.report.tables.data import Case

TITLE = "share of all attribution (signed)"


def draw(record: Record, row: pd.Series, place: int) -> list[Block]:
    """Chart and table of the features that matter most to this case."""
    case = Case(record, row, place)
    return [picture(case), case_values.values(case)]


def picture(case: Case) -> Block:
    """Pale bars for the direction, marks for its methods; a panel for each that has any."""
    sides = explained.sides(case.record)
    names = {name: f"{name} = {case.recorded(name)}" for name in case.shown}
    base = alt.Chart().encode(
        y=alt.Y("name:N", title=None, sort=list(names.values()), axis=alt.Axis(labelLimit=230))
    )
    rule = alt.Chart().mark_rule(color=chart.SOFT, strokeWidth=1).encode(x=alt.datum(0))
    header = alt.Header(labelExpr=chart.DIRECTIONS)
    plot = (
        alt.layer(_bars(base), rule, *_marks(base, case), data=chart.data(_rows(case, names)))
        .properties(width=210 if len(sides) > 1 else 444, height=20 * len(names))
        .facet(column=alt.Column("direction:N", title=None, sort=sides, header=header))
        .resolve_scale(yOffset="independent")
        .properties(spacing=24)
    )
    return chart.figure(
        f"case-chart-{case.place + 1}",
        _title(case),
        plot,
        how="Pale bar: mean of the methods that share the reference; marks: single methods; line: "
        "one standard error where the method estimates it. Hollow: sensitivity, whose size counts "
        "but not its side."
        + (" Dashed red outline: P and G in conflict." if len(sides) > 1 else ""),
        caution="Shares compare features within this case, not across cases.",
        facts=["artifacts/evaluation.agreement/consensus.parquet"],
        mark=_doubt(case.record),
    )


def _rows(case: Case, names: dict[str, str]) -> list[dict[str, Any]]:
    """One row per feature and method, then one per feature and direction for the bars."""
    frame = case.methods[case.methods["feature"].isin(case.shown)]
    frame = frame.assign(name=frame["feature"].map(names), method=frame["method"].map(words.label))
    bars = [
        {
            "name": names[name],
            "feature": name,
            "direction": side,
            "mean": case.mean(name, side),
            "conflict": case.conflict.get(name, False),
        }
        for name in case.shown
        for side in explained.sides(case.record)
    ]
    return chart.rows(frame) + chart.rows(bars)


def _bars(base: Any) -> Any:
    return (
        base.mark_bar(size=13, strokeWidth=1)
        .encode(
            x=alt.X("mean:Q", title=TITLE, axis=alt.Axis(tickCount=4)),
            color=alt.value("#e3e7ea"),
            stroke=alt.condition("datum.conflict", alt.value(chart.BAD), alt.value("#e3e7ea")),
            strokeDash=alt.condition("datum.conflict", alt.value([3, 2]), alt.value([1, 0])),
        )
        .transform_filter("isValid(datum.mean)")
    )


def _marks(base: Any, case: Case) -> list[Any]:
    raw = explained.directions(case.record)
    methods = [words.label(method) for method in raw]
    hues = alt.Scale(domain=methods, range=chart.method_colours(list(raw), raw))
    own = base.transform_filter("isValid(datum.share)").encode(
        yOffset=alt.YOffset("method:N", sort=methods),
        color=alt.Color("method:N", title=None, scale=hues, legend=alt.Legend(columns=5)),
        shape=alt.Shape("direction:N", legend=None, scale=chart.SHAPES),
    )
    place = {
        "x": alt.X("share:Q", title=TITLE),
        "tooltip": ["feature:N", "method:N", "attribution:Q", "share:Q"],
    }
    spans = (
        base.mark_rule(strokeWidth=1)
        .transform_filter("isValid(datum.low)")
        .encode(
            x=alt.X("low:Q", title=TITLE),
            x2="high:Q",
            yOffset=alt.YOffset("method:N", sort=methods),
            color=alt.Color("method:N", title=None, scale=hues),
        )
    )
    full = own.transform_filter("datum.signed").mark_point(size=20).encode(**place)
    hollow = own.transform_filter("!datum.signed").mark_point(size=18, filled=False)
    return [spans, full, hollow.encode(**place)]


def _doubt(record: Record) -> str:
    methods = explained.local_methods(record)
    below = [words.label(m) for m in methods if explained.reliability(record, m).below]
    return f"below the gate, read with doubt: {words.listing(below)}" if below else ""


def _title(case: Case) -> str:
    first, target = case.shown[0], str(case.row["target"])
    sides = case.means.loc[first].dropna()
    if sides.empty:
        return "No method here speaks for or against"
    if bool((sides > 0).all()) or bool((sides < 0).all()):
        up = bool((sides > 0).all())
        if explained.regression(case.record):
            return f"{words.quoted(first)} {'raises' if up else 'lowers'} {target} most"
        return f"{words.quoted(first)} speaks most {'for' if up else 'against'} {target}"
    return f"P and G dispute {words.quoted(first)}"
