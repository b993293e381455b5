"""Partial dependence with individual curves: how the score moves with one feature."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Figure, Grid, Heading
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import NAMED, Values

SHOWN = 6
CURVES = 30


def dependence(record: Record) -> Iterable[Block]:
    """One small chart per leading feature, all on one score scale."""
    for method in record.choices("perturbation"):
        average = _centred(record.table(f"perturbation.{method}", "curve"), "average", ["feature"])
        if average is None or average.empty:
            continue
        stored = record.table(f"perturbation.{method}", "individual")
        single = _centred(stored, "y", ["feature", "row"])
        parting = _parting(record, method)
        told = [str(name) for name in dict.fromkeys(average["feature"])]
        # what parts rows most is this method's own order
        order = told if parting else explained.ranking(record)
        shown = [f for f in order if f in told][:SHOWN] or told[:SHOWN]
        rows = single["row"].nunique() if single is not None else 0
        yield _parted(method, rows) if parting else _heading(method, rows)
        span = _span(average, single if not record.redact else None, shown)
        values = Values(record)
        yield Grid(
            [_small(values, method, f, average, single, span, parting.get(f, "")) for f in shown], 3
        )


def _heading(method: str, rows: int) -> Heading:
    """What the curves of a method are and how they are read; ``rows`` of them are single."""
    name = words.sentence(words.label(method))
    if not rows:
        return Heading(
            f"curves-{method}",
            name,
            "Change of the score from the left end of each curve, added up from small steps of "
            "real rows: features that move together do not lead to rows that never occur.",
        )
    return Heading(
        f"curves-{method}",
        f"{name} with single curves (n {rows} rows)",
        "Change of the score from the left end of each curve, or from the first level. Bold: "
        "average over rows. Thin: single rows, each with only this feature changed; where they "
        "fan out, the effect depends on other features. Beyond the data the curves show "
        "combinations that never occurred.",
    )


def _parting(record: Record, method: str) -> dict[str, str]:
    """Feature → how far rows part and what share of their slopes the average does not have; of
    methods that ask."""
    unit, found = f"perturbation.{method}", {}
    for fact in record.facts.where(f"{unit}.heterogeneity"):
        feature = fact.labels["feature"]
        apart = record.facts.value(f"{unit}.apart", feature=feature)
        if isinstance(apart, (int, float)) and isinstance(fact.value, (int, float)):
            found[feature] = (
                f"rows part by {words.number(float(apart), digits=2)}, "
                f"{words.number(100 * fact.value, digits=2)} % hidden"
            )
    return found


def _parted(method: str, rows: int) -> Heading:
    name = words.sentence(words.label(method))
    return Heading(
        f"curves-{method}",
        f"{name} (n {rows} rows)",
        "Thin: the change of the score of single rows from the left end, each with only this "
        "feature changed; bold: their average. Rows part by the standard deviation of the thin "
        "curves; hidden is the share of the squared slopes that the average does not show: 0 where "
        "all rows move alike, 100 where they cancel.",
    )


def _centred(frame: pd.DataFrame | None, column: str, keys: list[str]) -> pd.DataFrame | None:
    """Every curve moved to start at zero, so that effects compare on one small scale."""
    if frame is None or frame.empty:
        return frame
    ordered = frame.sort_values([*keys, "x"], kind="stable")
    return ordered.assign(
        **{column: ordered[column] - ordered.groupby(keys)[column].transform("first")}
    )


def _span(average: pd.DataFrame, single: pd.DataFrame | None, shown: list[str]) -> list[float]:
    parts = [average.loc[average["feature"].isin(shown), "average"]]
    if single is not None and not single.empty:
        parts.append(single.loc[single["feature"].isin(shown), "y"].quantile([0.02, 0.98]))
    values = pd.concat(parts)
    return [float(values.min()), float(values.max())]


def _small(
    values: Values,
    method: str,
    feature: str,
    average: pd.DataFrame,
    single: pd.DataFrame | None,
    span: list[float],
    parting: str = "",
) -> Figure:
    """One feature: lines over a number or a date, points over levels."""
    mine = average[average["feature"] == feature].sort_values("x")
    own = None
    if single is not None and not single.empty and not values.record.redact:
        own = single[single["feature"] == feature]
        own = own[own["row"].isin(own["row"].drop_duplicates().head(CURVES))]
    by_level = values.kind(feature) in NAMED
    draw = _points if by_level else _lines
    return chart.figure(
        f"curve-{method}-{feature}",
        f"{words.quoted(feature)}: {parting}"
        if parting
        else _extremes(values, feature, mine)
        if by_level
        else _title(feature, mine),
        chart.fit(draw(values, feature, mine, own, span), chart.THIRD, 118),
        facts=[f"perturbation.{method}"],
    )


def _change(column: str, span: list[float]) -> alt.Y:
    return alt.Y(
        f"{column}:Q",
        title="change of score",
        scale=alt.Scale(domain=span, nice=True),
        axis=alt.Axis(tickCount=4),
    )


def _lines(
    values: Values, feature: str, mine: pd.DataFrame, own: pd.DataFrame | None, span: list[float]
) -> Any:
    """The average as a bold line over thin single ones; dates on an axis of time."""
    dated, unit = values.kind(feature) == "date", values.units.get(feature, "")
    axis = alt.Axis(tickCount=4, format="%b %Y" if dated else alt.Undefined)
    x = alt.X(
        f"x:{'T' if dated else 'Q'}", title=f"{feature}{f' ({unit})' if unit else ''}", axis=axis
    )

    def placed(frame: pd.DataFrame) -> alt.Data:
        if dated:
            frame = frame.assign(x=[values.said(feature, float(one)) for one in frame["x"]])
        return chart.data(frame)

    bold = alt.Chart(placed(mine)).mark_line(color=chart.P, strokeWidth=2.5, clip=True)
    layers = [bold.encode(x=x, y=_change("average", span))]
    if own is not None:
        thin = alt.Chart(placed(own[["row", "x", "y"]])).mark_line(
            color="#b9c3cb", strokeWidth=0.6, clip=True
        )
        layers.insert(0, thin.encode(x=x, y=_change("y", span), detail="row:N"))
    return alt.layer(*layers)


def _points(
    values: Values, feature: str, mine: pd.DataFrame, own: pd.DataFrame | None, span: list[float]
) -> Any:
    """The average of each level as a point over a tick per row; levels in their order."""
    named = mine.assign(level=[values.said(feature, float(one)) for one in mine["x"]])
    order = list(named["level"])
    axis = alt.Axis(labelAngle=-35 if sum(map(len, order)) > 22 else 0, labelLimit=70)
    x = alt.X("level:N", title=feature, sort=order, axis=axis)
    points = alt.Chart(chart.data(named)).mark_point(color=chart.P, size=55, clip=True)
    layers = [points.encode(x=x, y=_change("average", span))]
    if own is not None:
        ticks = own.assign(level=[values.said(feature, float(one)) for one in own["x"]])
        thin = alt.Chart(chart.data(ticks[["row", "level", "y"]])).mark_tick(
            color="#b9c3cb", thickness=0.6, size=12, orient="horizontal", clip=True
        )
        layers.insert(0, thin.encode(x=x, y=_change("y", span)))
    return alt.layer(*layers)


def _title(feature: str, mine: pd.DataFrame) -> str:
    """How far the average ends from where it began; where it turned on the way, how far it went."""
    found = mine["average"].to_numpy()
    change, width = float(found[-1] - found[0]), float(np.ptp(found))
    if width <= 0:
        return f"{words.quoted(feature)}: no effect"
    if abs(change) < 0.7 * width:
        return f"{words.quoted(feature)}: score moves by {words.number(width, digits=2)}"
    way = "rises" if change > 0 else "falls"
    return f"{words.quoted(feature)}: score {way} by {words.number(abs(change), digits=2)}"


def _extremes(values: Values, feature: str, mine: pd.DataFrame) -> str:
    """The levels of the highest and the lowest average, and what lies between them."""
    found = mine["average"].to_numpy()
    high, low = (
        values.said(feature, float(mine["x"].iloc[at])) for at in (found.argmax(), found.argmin())
    )
    apart = words.number(float(found.max() - found.min()), digits=2)
    return f"{words.quoted(feature)}: {high} is {apart} above {low}"
