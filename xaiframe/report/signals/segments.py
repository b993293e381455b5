"""What the model uses along time: mean share per segment and method, under the mean curves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record
from xaiframe.report.signals.lanes import Lanes

HUES = ["#1c1c1c", "#b86e00", "#2f7fb5", "#22715a", "#a3231b", "#8a9097"]
CLASSES = len(HUES)
CHANNELS = 5


def overall(record: Record) -> Iterable[Block]:
    """Mean |share| by segment, a row per method, below the mean curve of each true class."""
    lanes, methods = Lanes.of(record), explained.local_methods(record)
    arrays = explained.inputs(record)
    if lanes.segments.empty or not methods or "x" not in arrays:
        return
    table = by_segment(record, lanes)
    mean = table.groupby(["direction", "feature"], sort=False)["share"].mean()
    top = str(mean.groupby("feature").mean().idxmax())
    curves = mean_curves(record, lanes)
    shown = leading(table)
    wide = (520 - 48 * (len(shown) - 1)) // len(shown)
    columns = [
        _column(lanes, table, curves, channel, wide, place == 0)
        for place, channel in enumerate(shown)
    ]
    rest = len(lanes.channels) - len(shown)
    yield chart.figure(
        "segments-over-time",
        f"The stretch {top} carries most on average",
        alt.hconcat(*columns, spacing=8).resolve_scale(color="independent"),
        n=words.count(len(explained.instances(record)), "explained series", "explained series"),
        how="Above: mean curve of the explained series"
        + (" of each true class" if curves["class"].nunique() > 1 else "")
        + ". Below: mean share of |attribution| per segment, the darker the more, one scale up to "
        f"{words.number(float(table['share'].max()))}."
        + (f" {words.count(rest, 'channel')} with less are not shown." if rest else ""),
        caution="A mean curve hides how series differ, and a mean share whether a segment speaks "
        "for or against.",
        facts=["artifacts/probe.instances/segments.parquet"],
    )


def by_segment(record: Record, lanes: Lanes) -> pd.DataFrame:
    """One row per method and segment: mean over the explained series of its |share|."""
    parts = []
    for method in explained.local_methods(record):
        shares = explained.shares(explained.attribution(record, method)["values"])
        side = "P" if explained.stage_of(record, method) == "perturbation" else "G"
        spans = lanes.spans(np.abs(shares).mean(axis=0)).rename(columns={"value": "share"})
        parts.append(spans.assign(method=f"{side} · {words.label(method)}", direction=side))
    return pd.concat(parts, ignore_index=True)


def leading(table: pd.DataFrame) -> list[str]:
    """The channels that carry most, in their own order."""
    total = table.groupby("channel", sort=False)["share"].sum()
    kept = set(total.nlargest(CHANNELS).index)
    return [str(name) for name in total.index if name in kept]


def mean_curves(record: Record, lanes: Lanes) -> pd.DataFrame:
    """One row per channel, true class and sample: mean of the explained series."""
    x, table = explained.inputs(record)["x"], explained.instances(record)
    named = table["y"].astype(str) if isinstance(table["y"].iloc[0], str) else None
    groups = {"all": np.arange(len(x))}
    if named is not None:
        first = named.value_counts().index[:CLASSES]
        groups = {str(name): np.flatnonzero(named == name) for name in first}
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "channel": channel,
                    "class": f"{name} (n {len(rows)})" if named is not None else name,
                    "time": lanes.times(x.shape[2]),
                    "mean": x[rows, place].mean(axis=0),
                }
            )
            for place, channel in enumerate(lanes.channels)
            for name, rows in groups.items()
        ],
        ignore_index=True,
    )


def _column(
    lanes: Lanes, table: pd.DataFrame, curves: pd.DataFrame, channel: str, width: int, first: bool
) -> Any:
    own, lines = table[table["channel"] == channel], curves[curves["channel"] == channel]
    x = alt.Scale(domain=lanes.ends, nice=False, zero=False)
    classes = list(dict.fromkeys(curves["class"]))
    several = len(classes) > 1
    colour = alt.Color(
        "class:N",
        title=None,
        scale=alt.Scale(domain=classes, range=HUES[: len(classes)]),
        legend=alt.Legend() if several and first else None,
    )
    ticks = alt.Axis(title=lanes.title(channel), tickCount=3, grid=False)
    above = (
        alt.Chart(chart.data(lines))
        .mark_line(strokeWidth=1.6)
        .encode(
            x=alt.X("time:Q", scale=x, axis=None),
            y=alt.Y("mean:Q", scale=alt.Scale(zero=False), axis=ticks),
            color=colour,
            strokeDash=alt.StrokeDash("class:N", legend=None, sort=classes),
            tooltip=["class:N", "time:Q", "mean:Q"],
        )
        .properties(width=width, height=90)
    )
    methods = list(dict.fromkeys(table["method"]))
    shade = alt.Scale(domain=[0, float(table["share"].max()) or 1.0], range=["#fafafa", "#08304f"])
    below = (
        alt.Chart(chart.data(own))
        .mark_rect(stroke="white", strokeWidth=0.6)
        .encode(
            x=alt.X("low:Q", scale=x, axis=alt.Axis(title=lanes.axis, grid=False, tickCount=6)),
            x2="high:Q",
            y=alt.Y("method:N", sort=methods, title=None,
                    axis=alt.Axis(labels=first, ticks=False, domain=False)),
            color=alt.Color("share:Q", scale=shade, legend=None),
            tooltip=["method:N", "feature:N", "share:Q"],
        )
        .properties(width=width, height=15 * len(methods))
    )  # fmt: skip
    return alt.vconcat(above, below, spacing=4).resolve_scale(color="independent")
