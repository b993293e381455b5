"""Weighted sums: what each term adds, as a chart with intervals or, for many outputs, a map."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Cell, Row, Table, num
from xaiframe.report.record import Record
from xaiframe.report.stand_in import phrases

SHOWN = 12
LABEL = 40
HOW = (
    "What the score gains with one more of a term: a standard deviation in training of a number; "
    "for a level, a word or a gap, that it holds. "
)


def named(record: Record, terms: pd.DataFrame) -> pd.DataFrame:
    """With ``term``, what is counted, and ``more``, what is one more of it; the largest first."""
    rows = terms.to_dict("records")
    told = terms.assign(
        term=[words.shortened(phrases.thing(record, one), LABEL) for one in rows],
        more=[phrases.step(record, one) for one in rows],
    )
    size = told["value"].abs().groupby(told["term"]).transform("max")
    return told.assign(size=size).sort_values("size", ascending=False, kind="stable")


def one_side(record: Record, terms: pd.DataFrame) -> pd.DataFrame:
    """Of two classes, whose weights mirror each other, the one that is rarer in the data."""
    outputs = list(dict.fromkeys(terms["output"]))
    if len(outputs) != 2:
        return terms
    stored = record.table("model.measure", "predictions")
    known = [] if stored is None else list(stored["y"].astype(str))
    chosen = outputs[0] if known.count(outputs[0]) < known.count(outputs[1]) else outputs[1]
    return terms[terms["output"] == chosen]


def figure(record: Record, key: str, title: str, terms: pd.DataFrame, **keywords: Any) -> Block:
    """One output: a bar per term; several: a map of terms by outputs."""
    told = named(record, terms)
    kept = list(dict.fromkeys(told["term"]))[:SHOWN]
    told = told[told["term"].isin(kept)]
    rest = terms.drop_duplicates(["kind", "feature", "level"]).shape[0] - len(kept)
    more = f"The {len(kept)} largest are shown; {rest} more count too. " if rest else ""
    several = told["output"].nunique() > 1
    target = score_of(record, str(told["output"].iloc[0]))
    plot = _map(told, kept) if several else _bars(told, kept, target)
    how = HOW + more + keywords.pop("how", "")
    return chart.figure(key, title, plot, how=how, **keywords)


def score_of(record: Record, output: str) -> str:
    """What a weight changes: a class's score, or the predicted quantity with its unit."""
    named = words.shortened(output, 30)
    if not explained.regression(record):
        return f"the score of {named}"
    unit = explained.target_unit(record, output)
    return f"{named} ({unit})" if unit else named


def _bars(told: pd.DataFrame, kept: list[str], target: str) -> Any:
    y = alt.Y("term:N", sort=kept, title=None, axis=alt.Axis(labelLimit=260))
    title = f"change of {target}"
    spans = {"low", "high"} <= set(told.columns)
    mark = alt.Chart(chart.data(told))
    x = alt.X("value:Q", title=title, axis=alt.Axis(tickCount=8))
    tips = ["term:N", "more:N", "value:Q", *(["low:Q", "high:Q"] if spans else [])]
    layers: list[Any] = [mark.mark_bar(size=9, color="#9cc4de").encode(x=x, y=y, tooltip=tips)]
    if spans:
        layers.append(mark.mark_rule(color=chart.INK).encode(x="low:Q", x2="high:Q", y=y))
    if "audited" in told and told["audited"].notna().any():
        own = mark.mark_point(shape="diamond", size=42, color=chart.G, stroke=chart.INK)
        layers.append(own.encode(x="audited:Q", y=y))
    return chart.fit(alt.layer(*layers), chart.FULL, 44 + 19 * len(kept))


def _map(told: pd.DataFrame, kept: list[str]) -> Any:
    order, most = list(dict.fromkeys(told["output"])), float(told["value"].abs().max()) or 1.0
    shade = alt.Scale(domain=[-most, 0, most], range=[chart.P, "#fafafa", "#d67400"])
    told = told.assign(said=[words.number(float(one), digits=2) for one in told["value"]])
    base = alt.Chart(chart.data(told)).encode(
        x=alt.X(
            "output:N",
            sort=order,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, labelLimit=60),
        ),
        y=alt.Y("term:N", sort=kept, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=["term:N", "output:N", "more:N", "value:Q"],
    )
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color("value:Q", legend=None, scale=shade)
    )
    dark = f"datum.value < {-0.5 * most}"
    ink = alt.condition(dark, alt.value("white"), alt.value(chart.INK))
    layers = [cells, base.mark_text(fontSize=8.5).encode(text="said:N", color=ink)]
    if len(order) > 12:
        layers = layers[:1]
    return chart.fit(alt.layer(*layers), chart.FULL, 80 + 20 * len(kept))


def table(record: Record, key: str, title: str, terms: pd.DataFrame, **keywords: Any) -> Table:
    """Weights of one output with their intervals and, of a class, odds ratios."""
    odds, own = bool(keywords.pop("odds")), "audited" in terms and terms["audited"].notna().any()
    told = named(record, terms).head(SHOWN)
    headers = ["term", "one more is", "weight"]
    headers += ["odds times"] if odds else []
    headers += ["audited model's own"] if own else []
    return Table(
        key, title, headers, [_row(one, odds, bool(own)) for one in told.to_dict("records")],
        compact=True, **keywords,
    )  # fmt: skip


def _row(one: Mapping[Any, Any], odds: bool, own: bool) -> Row:
    spread = (one["low"], one["high"])
    cells: list[Cell | str] = [one["term"], one["more"], num(one["value"], "", spread)]
    if odds:
        cells.append(num(exp(one["value"]), "", (exp(spread[0]), exp(spread[1]))))
    if own:
        cells.append(num(one["audited"]))
    return cells
