"""What accounts for the variance of a score, part by part."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Figure
from xaiframe.report.paired.found import Found, percent

SHOWN = 12
"""Parts drawn."""
SINGLE, PAIR = "single feature", "pair"


def variance(found: Found, pairs: pd.DataFrame) -> Figure:
    """What accounts for the variance, part by part: single features, pairs, and what is left."""
    alone, left = found.table("alone"), found.value("remainder")
    clear = pairs[pairs["value"] > 1.96 * pairs["error"]]
    told = pd.concat(
        [
            alone.assign(part=alone["feature"], kind=SINGLE),
            clear.assign(part=clear["first"] + " × " + clear["second"], kind=PAIR),
        ],
        ignore_index=True,
    )
    told = told.sort_values("value", ascending=False, kind="stable").head(SHOWN)
    told = told.assign(
        low=told["value"] - 1.96 * told["error"], high=told["value"] + 1.96 * told["error"]
    )
    axis = alt.Axis(format="%", tickCount=6)
    y = alt.Y("part:N", sort=list(told["part"]), title=None, axis=alt.Axis(labelLimit=300))
    colour = alt.Scale(domain=[SINGLE, PAIR], range=[chart.P, "#8cb4d2"])
    base = alt.Chart(chart.data(told[["part", "kind", "value", "error", "low", "high"]]))
    bars = base.mark_bar(size=11).encode(
        x=alt.X("value:Q", title="share of the score's variance", axis=axis),
        y=y,
        color=alt.Color("kind:N", title=None, scale=colour),
        tooltip=["part:N", "value:Q", "error:Q"],
    )
    ends = base.mark_rule(color=chart.SOFT).encode(x="low:Q", x2="high:Q", y=y)
    spread = found.value("spread")
    times = f" Over such rows the score varies {words.number(spread, digits=2)} times as much."
    return chart.figure(
        f"{found.method}-variance",
        f"Single features account for {percent(alone['value'].sum())} of the variance, the "
        f"{words.count(len(pairs), 'pair')} asked about for {percent(pairs['value'].sum())}",
        chart.fit(alt.layer(bars, ends), chart.FULL, 70 + 19 * len(told)),
        how="The largest features, and pairs that exceed their error; lines: 95 % interval. "
        f"{percent(left)} is left to larger groups and to other pairs.",
        caution="Features were drawn apart from each other, also where they never are."
        + (times if math.isfinite(spread) else ""),
        n=found.rows,
        facts=(f"{found.unit}.pair", f"{found.unit}.remainder"),
    )
