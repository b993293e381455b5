"""Curves of a series with their segments shaded by an attribution: a lane per channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import chart, explained, words
from xaiframe.report.record import Record

FOR, AGAINST = "#d67400", "#0b4f7d"
PALE = "#fafafa"
FAINTEST = 1 / 6
"""Share of the scale from which a sign is written."""


@dataclass(frozen=True)
class Lanes:
    """Where segments and samples lie.

    segments: as :class:`~xaiframe.data.signals.encoding.SeriesEncoding` stored them, in the order
    of the features.
    """

    segments: pd.DataFrame

    @classmethod
    def of(cls, record: Record) -> Lanes:
        stored = record.table("probe.instances", "segments")
        return cls(pd.DataFrame() if stored is None else stored)

    @property
    def channels(self) -> list[str]:
        return list(dict.fromkeys(self.segments["channel"].astype(str)))

    @property
    def step(self) -> float:
        """Time between two samples; 1 where a segment is a single one throughout."""
        samples = self.segments["last"].max() - self.segments["first"].min()
        apart = self.segments["end"].max() - self.segments["start"].min()
        return float(apart / samples) if samples else 1.0

    @property
    def axis(self) -> str:
        unit = str(self.segments["time_unit"].iloc[0])
        return "sample" if unit == "sample" else f"time ({unit})"

    def unit(self, channel: str) -> str:
        """The unit of a channel, or of the target that is one."""
        own = self.segments.loc[self.segments["channel"] == channel, "channel_unit"]
        return str(own.iloc[0]) if len(own) else ""

    def title(self, channel: str) -> str:
        unit = self.unit(channel)
        return f"{channel} ({unit})" if unit else channel

    @property
    def ends(self) -> list[float]:
        """Edges of the time axis: half a step around the samples."""
        half = self.step / 2
        return [
            float(self.segments["start"].min()) - half,
            float(self.segments["end"].max()) + half,
        ]

    def times(self, samples: int) -> Array:
        return float(self.segments["start"].min()) + self.step * np.arange(samples)

    def spans(self, values: Array) -> pd.DataFrame:
        """One row per segment: channel, low, high, middle (in time) and its value."""
        half = self.step / 2
        return pd.DataFrame(
            {
                "channel": self.segments["channel"].astype(str),
                "feature": self.segments["feature"].astype(str),
                "low": self.segments["start"] - half,
                "high": self.segments["end"] + half,
                "middle": (self.segments["start"] + self.segments["end"]) / 2,
                "value": values,
            }
        )


def shaded(
    lanes: Lanes, curves: Array, values: Array, limit: float, size: tuple[int, int],
    conflict: Array | None = None, labelled: bool = True, signed: bool = True,
) -> Any:  # fmt: skip
    """Lanes one below the other, each a curve ``(channels, samples)`` on its shaded segments.

    ``values`` ``(features,)`` on the scale −limit…limit: orange for, blue with a minus against;
    grey where the sign means nothing. ``conflict``: dashed red frames. ``size``: width and height
    of a lane; ``labelled``: with the value axes.
    """
    spans = lanes.spans(values)
    spans["conflict"] = False if conflict is None else conflict
    panels = [
        _lane(lanes, channel, curves[place], spans[spans["channel"] == channel], limit, size,
              labelled, signed, place + 1 == len(lanes.channels))
        for place, channel in enumerate(lanes.channels)
    ]  # fmt: skip
    return alt.vconcat(*panels, spacing=4 if labelled else 2)


def _lane(
    lanes: Lanes, channel: str, curve: Array, spans: pd.DataFrame, limit: float,
    size: tuple[int, int], labelled: bool, signed: bool, last: bool,
) -> Any:  # fmt: skip
    width, height = size
    axis = alt.Axis(title=lanes.axis, tickCount=6, grid=False) if last else None
    x = alt.Scale(domain=lanes.ends, nice=False, zero=False)
    ends = [-limit or -1.0, 0, limit or 1.0]
    hues = alt.Scale(
        domain=ends, range=[AGAINST, PALE, FOR] if signed else ["#6b7075", PALE, "#6b7075"]
    )
    low, high = float(curve.min()), float(curve.max())
    room = 0.12 * (high - low) or 1.0
    y = alt.Scale(domain=[low - room, high + room], nice=False, zero=False)
    grounds = alt.Chart(chart.data(spans)).mark_rect(strokeWidth=1.2)
    back = grounds.encode(
        x=alt.X("low:Q", scale=x, axis=axis),
        x2="high:Q",
        color=alt.Color("value:Q", scale=hues, legend=None),
        tooltip=["feature:N", "value:Q"],
    )
    frames = (
        alt.Chart(chart.data(spans[spans["conflict"]]))
        .mark_rect(filled=False, stroke=chart.BAD, strokeDash=[3, 2], strokeWidth=1.2)
        .encode(x=alt.X("low:Q", scale=x, axis=axis), x2="high:Q")
    )
    signs = spans[spans["value"] < -FAINTEST * limit] if signed else spans.head(0)
    minus = (
        alt.Chart(chart.data(signs))
        .mark_text(text="−", fontSize=13, color="white", fontWeight="bold")
        .encode(x=alt.X("middle:Q", scale=x, axis=axis), y=alt.value(height - 6))
    )
    title = lanes.title(channel)
    values = alt.Axis(title=title, tickCount=3, grid=False) if labelled else None
    points = pd.DataFrame({"time": lanes.times(len(curve)), "value": curve})
    line = (
        alt.Chart(chart.data(points))
        .mark_line(color=chart.INK, strokeWidth=1.6 if labelled else 0.9, clip=True)
        .encode(
            x=alt.X("time:Q", scale=x, axis=axis),
            y=alt.Y("value:Q", scale=y, axis=values),
        )
    )
    return alt.layer(back, frames, line, minus).properties(width=width, height=height)


def strip(lanes: Lanes, sides: dict[str, Array], width: int, height: int) -> list[Any]:
    """Bars of P and G per segment around zero: their length is the share, their side the sign."""
    parts = []
    for side, values in sides.items():
        spans = lanes.spans(values)
        middle = (spans["low"] + spans["high"]) / 2
        inner = 0.04 * (spans["high"] - spans["low"])
        left = spans["low"] + inner if side == "P" else middle
        right = middle if side == "P" else spans["high"] - inner
        parts.append(spans.assign(direction=side, left=left, right=right))
    frame = pd.concat(parts).dropna(subset=["value"])
    top = float(frame["value"].abs().max() or 1.0) if len(frame) else 1.0
    x = alt.Scale(domain=lanes.ends, nice=False, zero=False)
    return [
        alt.layer(
            alt.Chart(chart.data(frame[frame["channel"] == channel]))
            .mark_bar()
            .encode(
                x=alt.X("left:Q", scale=x, axis=None),
                x2="right:Q",
                y=alt.Y("value:Q", scale=alt.Scale(domain=[-top, top], nice=False),
                        axis=alt.Axis(title="share", tickCount=3)),
                y2=alt.datum(0),
                color=alt.Color(
                    "direction:N", title=None,
                    scale=alt.Scale(domain=["P", "G"], range=[chart.P, chart.G]),
                    legend=alt.Legend(labelExpr=chart.DIRECTIONS.replace("value", "label")),
                ),
                tooltip=["feature:N", "direction:N", "value:Q"],
            ),
            alt.Chart().mark_rule(color=chart.SOFT).encode(y=alt.datum(0)),
            data=chart.data(frame[frame["channel"] == channel]),
        ).properties(width=width, height=height)
        for channel in lanes.channels
    ]  # fmt: skip


def reliability_mark(record: Record, method: str, values: Array) -> str:
    """What a reader must know before looking: nothing there, or nothing to rely on."""
    if not np.abs(values).any():
        return "zero everywhere"
    return "below the gate" if explained.reliability(record, method).below else ""


def quantity(answer: Any, unit: str) -> str:
    """A predicted or true value with its unit, a class by its name."""
    if isinstance(answer, (int, float)):
        return words.number(float(answer), unit)
    return str(answer)
