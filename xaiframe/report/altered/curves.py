"""A series beside its alternatives: both curves, the exchanged stretches shaded."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.altered.found import Found
from xaiframe.report.block import Block, Figure, Grid
from xaiframe.report.signals.lanes import Lanes

GROUND = "#f3d3cf"
LANES, LONGEST = 3, 4
"""Channels of one alternative, and alternatives, drawn at most."""


def draw(found: Found) -> list[Block]:
    """A figure per alternative, two in a row."""
    lanes = Lanes.of(found.record)
    figures = [
        _figure(found, lanes, place) for place in range(min(len(found.alternatives), LONGEST))
    ]
    return [Grid(figures, 2)]


def _figure(found: Found, lanes: Lanes, place: int) -> Figure:
    names = explained.features(found.record)
    changed = [names.index(one) for one in found.features(place + 1)]
    moved = np.abs(found.after[place] - found.x).max(axis=1)
    order = [int(one) for one in np.argsort(-moved, kind="stable")[:LANES] if moved[one] > 0]
    panels = []
    for channel in sorted(order):
        panels.append(_lane(found, lanes, place, channel, changed))
        if found.gradient:
            panels.append(_added(found, lanes, place, channel))
    rest = int((moved > 0).sum()) - len(order)
    return chart.figure(
        f"{found.key}-{place + 1}",
        title(found, place),
        alt.vconcat(*panels, spacing=4),
        how="Black: as it is; red: altered."
        + (
            " Below: what was added, on a scale of its own."
            if found.gradient
            else " Red ground: stretches taken from elsewhere."
        )
        + (f" {words.count(rest, 'further channel')} changed." if rest else ""),
    )


def title(found: Found, place: int) -> str:
    """What the model would say, and how little it takes."""
    one = found.alternatives.iloc[place]
    if found.gradient:
        return f"{found.answer(place)}: moved by {words.number(float(one['distance']))} sd in all"
    told = words.listing(found.features(place + 1), most=2)
    count = words.count(int(one["changed"]), "segment")
    return f"{found.answer(place)}: {count} exchanged ({words.shortened(told, 48)})"


def _lane(found: Found, lanes: Lanes, place: int, channel: int, changed: list[int]) -> Any:
    name = lanes.channels[channel]
    spans = lanes.spans(np.isin(np.arange(len(lanes.segments)), changed).astype(float))
    spans = spans[(spans["channel"] == name) & (spans["value"] > 0)]
    samples, now = found.x.shape[1], found.x[channel]
    altered = found.after[place][channel]
    # Where both are one line, only that one is drawn, and a sample beside, where they part.
    parted = np.convolve(altered != now, [True, True, True], "same") > 0
    curves = pd.DataFrame(
        {
            "time": np.tile(lanes.times(samples), 2),
            "value": np.concatenate([now, np.where(parted, altered, np.nan)]),
            "which": np.repeat(["as it is", "altered"], samples),
        }
    )
    x = alt.Scale(domain=lanes.ends, nice=False, zero=False)
    axis = alt.Axis(title=lanes.axis, tickCount=5, grid=False)
    ground = alt.Chart(chart.data(spans.head(0) if found.gradient else spans)).mark_rect(
        color=GROUND
    )
    lines = alt.Chart(chart.data(curves)).mark_line(strokeWidth=1.4)
    colour = alt.Scale(domain=["as it is", "altered"], range=[chart.INK, chart.BAD])
    return alt.layer(
        ground.encode(x=alt.X("low:Q", scale=x, axis=axis), x2="high:Q"),
        lines.encode(
            x=alt.X("time:Q", scale=x, axis=axis),
            y=alt.Y("value:Q", scale=alt.Scale(zero=False),
                    axis=alt.Axis(title=words.shortened(lanes.title(name), 22), tickCount=3,
                                  grid=False)),
            color=alt.Color("which:N", scale=colour, legend=None),
            tooltip=["which:N", "time:Q", "value:Q"],
        ),
    ).properties(width=250, height=90 if len(lanes.channels) == 1 else 60)  # fmt: skip


def _added(found: Found, lanes: Lanes, place: int, channel: int) -> Any:
    """What a push added to one channel, enlarged to the height of its own lane."""
    added = found.after[place][channel] - found.x[channel]
    frame = pd.DataFrame({"time": lanes.times(len(added)), "value": added, "none": 0.0})
    x = alt.Scale(domain=lanes.ends, nice=False, zero=False)
    axis = alt.Axis(title=lanes.axis, tickCount=5, grid=False)
    area = alt.Chart(chart.data(frame)).mark_area(color=chart.BAD, line=False)
    return area.encode(
        x=alt.X("time:Q", scale=x, axis=axis),
        y=alt.Y("value:Q", axis=alt.Axis(title="added", tickCount=2, grid=False)),
        y2="none:Q",
        tooltip=["time:Q", "value:Q"],
    ).properties(width=250, height=34)
