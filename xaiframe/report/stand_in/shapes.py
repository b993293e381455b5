"""Curves of an additive model: what each feature adds to the score, with the scatter of refits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Figure, Grid
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import NAMED, Values

SHOWN, BARS = 6, 12
HOW = (
    "What a feature adds to the score at each value; the sum over all features is the score. Band: "
    "where 95 % of refits to parts of the training rows would lie. No curve hides another feature: "
    "there are no interactions. A curve turned far from where rows are says little."
)


def importance(key: str, shapes: pd.DataFrame, **keywords: Any) -> Figure:
    """The mean size of what each feature adds."""
    found = shapes.drop_duplicates("feature")[["feature", "importance"]]
    total = float(found["importance"].sum()) or 1.0
    first = found.iloc[0]
    share = words.of_hundred(float(first["importance"]) / total)
    shown = found.head(BARS)
    rest = len(found) - len(shown)
    plot = (
        alt.Chart(chart.data(shown))
        .mark_bar(size=9, color="#9cc4de")
        .encode(
            x=alt.X("importance:Q", title="mean size of what it adds to the score"),
            y=alt.Y("feature:N", sort=list(shown["feature"]), title=None),
            tooltip=["feature:N", "importance:Q"],
        )
    )
    return chart.figure(
        key,
        f"{words.quoted(first['feature'])} moves its score most: {share} parts of all movement",
        chart.fit(plot, chart.FULL, 44 + 18 * len(shown)),
        how=f"{words.sentence(words.count(rest, 'further feature'))} below these." if rest else "",
        **keywords,
    )


def heading(shapes: pd.DataFrame, regression: bool) -> str:
    """What the curves add to."""
    outputs = list(dict.fromkeys(shapes["output"]))
    if len(outputs) > 1:
        return "All it knows, feature by feature: what each adds to a score"
    named = words.shortened(outputs[0])
    return f"All it knows, feature by feature: what each adds to {_of(named, regression)}"


def _of(output: str, regression: bool) -> str:
    return output if regression else f"the score of {output}"


def curves(record: Record, key: str, shapes: pd.DataFrame) -> Iterable[Block]:
    """One small chart per leading feature, all on one scale."""
    values = Values(record)
    leading = list(dict.fromkeys(shapes["feature"]))[:SHOWN]
    told = pd.concat([_leading_output(shapes[shapes["feature"] == one]) for one in leading])
    span = [float(told["low"].min()), float(told["high"].max())]
    several = shapes["output"].nunique() > 1
    yield Grid(
        [
            _small(values, f"{key}-{at}", told[told["feature"] == one], span, several)
            for at, one in enumerate(leading)
        ],
        3,
    )


def _leading_output(own: pd.DataFrame) -> pd.DataFrame:
    """Of several outputs the one whose score this feature moves most."""
    reach = own.groupby("output", sort=False)["value"].agg(np.ptp)
    return own[own["output"] == reach.idxmax()]


def _small(values: Values, key: str, own: pd.DataFrame, span: list[float], several: bool) -> Figure:
    feature, output = str(own["feature"].iloc[0]), str(own["output"].iloc[0])
    by_level = values.kind(feature) in NAMED
    draw = _levels if by_level else _steps
    gap, own = own[own["x"].isna()], own[own["x"].notna()]
    title = _extremes(values, feature, own) if by_level else _way(feature, own)
    if len(gap):
        title += f"; missing adds {words.number(float(gap['value'].iloc[0]), digits=2)}"
    return chart.figure(
        key,
        title + (f" (score of {words.shortened(output, 20)})" if several else ""),
        chart.fit(draw(values, feature, own, span), chart.THIRD, 118),
    )


def _adds(column: str, span: list[float]) -> alt.Y:
    scale = alt.Scale(domain=span, nice=True)
    return alt.Y(f"{column}:Q", title="adds to score", scale=scale, axis=alt.Axis(tickCount=4))


def _steps(values: Values, feature: str, own: pd.DataFrame, span: list[float]) -> Any:
    unit, dated = values.units.get(feature, ""), values.kind(feature) == "date"
    if dated:
        own = own.assign(x=[values.said(feature, float(one)) for one in own["x"]])
    named = f"{words.shortened(feature, 30)}{f' ({unit})' if unit else ''}"
    axis = alt.Axis(tickCount=4, format="%b %Y" if dated else alt.Undefined)
    x = alt.X(
        f"x:{'T' if dated else 'Q'}",
        title=named,
        axis=axis,
        scale=alt.Scale(zero=False, nice=False),
    )
    base = alt.Chart(chart.data(own[["x", "value", "low", "high"]]))
    band = base.mark_area(color="#d3e3ef", interpolate="step-after", opacity=1)
    line = base.mark_line(color=chart.P, strokeWidth=1.8, interpolate="step-after")
    zero = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=chart.SOFT, strokeDash=[2, 2])
    return alt.layer(
        band.encode(x=x, y=_adds("low", span), y2="high:Q"),
        zero.encode(y=_adds("zero", span)),
        line.encode(x=x, y=_adds("value", span)),
    )


def _levels(values: Values, feature: str, own: pd.DataFrame, span: list[float]) -> Any:
    told = own.assign(level=[values.said(feature, float(one)) for one in own["x"]])
    order = list(told["level"])
    axis = alt.Axis(labelAngle=-35 if sum(map(len, order)) > 22 else 0, labelLimit=70)
    x = alt.X("level:N", title=words.shortened(feature, 30), sort=order, axis=axis)
    base = alt.Chart(chart.data(told[["level", "value", "low", "high"]]))
    return alt.layer(
        base.mark_rule(color="#9cc4de", strokeWidth=3).encode(
            x=x, y=_adds("low", span), y2="high:Q"
        ),
        base.mark_point(color=chart.P, size=45).encode(x=x, y=_adds("value", span)),
    )


def _way(feature: str, own: pd.DataFrame) -> str:
    """Whether the curve rises, falls or turns, and how far it goes."""
    found = own["value"].to_numpy()
    change, width = float(found[-1] - found[0]), float(np.ptp(found))
    said = words.number(width, digits=2)
    if width <= 0:
        return f"{words.quoted(feature)}: no effect"
    if abs(change) < 0.7 * width:
        return f"{words.quoted(feature)} moves it by {said}"
    return f"{words.quoted(feature)} {'raises' if change > 0 else 'lowers'} it by {said}"


def _extremes(values: Values, feature: str, own: pd.DataFrame) -> str:
    found = own["value"].to_numpy()
    high, low = (
        values.said(feature, float(own["x"].iloc[at])) for at in (found.argmax(), found.argmin())
    )
    apart = words.number(float(np.ptp(found)), digits=2)
    return f"{words.quoted(feature)}: {high} is {apart} above {low}"
