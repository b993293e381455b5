"""Features by what their pairs come to, as a matrix."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Figure
from xaiframe.report.paired.found import Found, title

SHOWN = 12
"""Features of the matrix."""
H_CAUTION = (
    "H is a share: of a small effect even a large share is small; the joint effect below says how "
    "much it is. Features were set apart from each other, also where they never are."
)


def matrix(found: Found, pairs: pd.DataFrame) -> Figure:
    """Features by what their pairs come to, both halves alike; of H the totals on the diagonal."""
    order = _order(pairs)
    shown = order[:SHOWN]
    column = "mean" if found.signed else "value"
    cells = pairs[pairs["first"].isin(shown) & pairs["second"].isin(shown)]
    cells = cells.assign(shade=cells[column])
    turned = cells.rename(columns={"first": "second", "second": "first"})
    parts = [cells, turned]
    if not found.signed:
        alone = found.table("alone")
        alone = alone[alone["feature"].isin(shown)]
        parts.append(
            alone.assign(first=alone["feature"], second=alone["feature"], shade=alone["value"])
        )
    told = pd.concat(parts, ignore_index=True)
    most = float(told["shade"].abs().max()) or 1.0
    told = told.assign(said=_rounded(told["shade"], most))
    x = alt.X("second:N", sort=shown, title=None, axis=alt.Axis(labelAngle=-40, labelLimit=120))
    y = alt.Y("first:N", sort=shown, title=None, axis=alt.Axis(labelLimit=170))
    base = alt.Chart(chart.data(told[["first", "second", "shade", "said", "value", "error"]]))
    tiles = base.mark_rect(stroke="white", strokeWidth=1.5).encode(
        x=x,
        y=y,
        color=alt.Color("shade:Q", scale=_scale(found.signed, most), legend=None),
        tooltip=["first:N", "second:N", "shade:Q", "value:Q", "error:Q"],
    )
    dark = f"abs(datum.shade) > {0.55 * most}"
    numbers = base.mark_text(fontSize=8).encode(
        x=x, y=y, text="said:N", color=alt.condition(dark, alt.value("white"), alt.value(chart.INK))
    )
    height = 120 + 24 * len(shown)
    return chart.figure(
        f"{found.method}-matrix",
        title(found, pairs),
        chart.fit(alt.layer(tiles, numbers), min(chart.FULL, 260 + 46 * len(shown)), height),
        how=_how(found, len(order) - len(shown)),
        caution=_caution(found) if found.signed else H_CAUTION,
        n=found.rows,
        facts=(f"{found.unit}.pair",),
    )


def _order(pairs: pd.DataFrame) -> list[str]:
    """The features, first those whose pairs come to most."""
    sides = [pairs.groupby(side, sort=False)["value"].sum() for side in ("first", "second")]
    total = sides[0].add(sides[1], fill_value=0.0)
    return [str(name) for name in total.sort_values(ascending=False, kind="stable").index]


def _rounded(values: pd.Series, most: float) -> list[str]:
    """All to as many decimals as the largest needs for two digits; nothing for zero."""
    places = max(0, 1 - math.floor(math.log10(most)))
    told = [f"{one:.{places}f}" for one in values]
    return ["" if float(one) == 0 else one.replace("-", "−") for one in told]


def _scale(signed: bool, most: float) -> alt.Scale:
    if signed:
        return alt.Scale(domain=[-most, 0, most], range=[chart.P, "#fafafa", "#d67400"])
    return alt.Scale(domain=[0, most], range=["#fafafa", chart.P])


def _how(found: Found, rest: int) -> str:
    order = "Features in the order of what their pairs come to."
    more = f" {words.count(rest, 'further feature')} with less not shown." if rest > 0 else ""
    if found.signed:
        shade = "Orange: together more than the two alone, blue: less; mean over instances."
        return f"{shade} {order}{more}"
    return f"The darker the more. On the diagonal a feature with all others at once. {order}{more}"


def _caution(found: Found) -> str:
    predicted = found.record.facts.value("probe.reference.target") == "predicted"
    told = "A mean near zero may hide pairs that help in some instances and hurt in others."
    own = " Signs are for each instance's own predicted class."
    return told + (own if predicted else "")
