"""Partial dependence with individual curves: how the score moves with one feature."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Figure, Grid, Heading
from xaiframe.report.record import Record

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
        shown = [f for f in explained.ranking(record) if f in set(average["feature"])][:SHOWN]
        shown = shown or list(dict.fromkeys(average["feature"]))[:SHOWN]
        rows = single["row"].nunique() if single is not None else 0
        yield Heading(
            f"curves-{method}",
            f"{words.sentence(words.label(method))} with single curves (n {rows} rows)",
            "Change of the score from the left end of each curve. Bold: average over rows. Thin: "
            "single rows, each with only this feature changed; where they fan out, the effect "
            "depends on other features. Beyond the data the curves show combinations that never "
            "occurred.",
        )
        span = _span(average, single if not record.redact else None, shown)
        units = explained.units(record)
        yield Grid(
            [_small(record, method, f, average, single, span, units.get(f, "")) for f in shown], 3
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
    if single is not None:
        parts.append(single.loc[single["feature"].isin(shown), "y"].quantile([0.02, 0.98]))
    values = pd.concat(parts)
    return [float(values.min()), float(values.max())]


def _small(
    record: Record,
    method: str,
    feature: str,
    average: pd.DataFrame,
    single: pd.DataFrame | None,
    span: list[float],
    unit: str,
) -> Figure:
    mine = average[average["feature"] == feature].sort_values("x")
    place = {
        "x": alt.X(
            "x:Q", title=f"{feature}{f' ({unit})' if unit else ''}", axis=alt.Axis(tickCount=4)
        ),
    }
    scale = alt.Scale(domain=span, nice=True)
    line = alt.Chart(chart.data(mine)).mark_line(color=chart.P, strokeWidth=2.5, clip=True)
    layers = [
        line.encode(
            **place,
            y=alt.Y("average:Q", title="change of score", scale=scale, axis=alt.Axis(tickCount=4)),
        )
    ]
    if single is not None and not record.redact:
        own = single[single["feature"] == feature]
        own = own[own["row"].isin(own["row"].drop_duplicates().head(CURVES))]
        thin = alt.Chart(chart.data(own[["row", "x", "y"]])).mark_line(
            color="#b9c3cb", strokeWidth=0.6, clip=True
        )
        layers.insert(
            0,
            thin.encode(
                **place, y=alt.Y("y:Q", title="change of score", scale=scale), detail="row:N"
            ),
        )
    return chart.figure(
        f"curve-{method}-{feature}",
        _title(feature, mine),
        chart.fit(alt.layer(*layers), chart.THIRD, 108),
        facts=[f"perturbation.{method}"],
    )


def _title(feature: str, mine: pd.DataFrame) -> str:
    change = float(mine["average"].iloc[-1] - mine["average"].iloc[0])
    if abs(change) < 0.02 * float(mine["average"].abs().max() or 1.0):
        return f"{words.sentence(feature)}: no net effect"
    way = "rises" if change > 0 else "falls"
    return f"{words.sentence(feature)}: score {way} by {words.number(abs(change), digits=2)}"
