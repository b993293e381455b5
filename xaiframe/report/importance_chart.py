"""Global importance as a chart: attributions of P and G on one scale, losses on their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

SHOWN = 10
OTHERS = "+ all others"
HEADING = {"P": "P  change the input", "G": "G  follow the output back"}
LOSSES = {"permutation_importance": "shuffled", "lofo": "left out of the training"}
WIDTH = {"P": 178, "G": 178, "own": 112}


def beside(record: Record) -> Iterable[Block]:
    """P and G as shares of each method's total; what is no attribution keeps its own unit."""
    frame = explained.importances(record)
    if frame.empty:
        return
    order = explained.ranking(record)
    frame = frame.assign(local=frame["fact"].str.endswith(".mean_absolute"))
    sides = [side for side in HEADING if len(_part(frame, side))]
    names = [*order[:SHOWN], *([OTHERS] if len(order) > SHOWN else [])]
    losses = [part for _, part in _part(frame, "own").groupby("method", sort=False)]
    panels = [_panel(frame, _part(frame, side), side, names, order) for side in sides]
    panels += [_panel(frame, part, "own", names, order) for part in losses]
    plot = alt.hconcat(*panels, spacing=14).resolve_scale(color="shared", shape="shared")
    yield chart.figure(
        "importance",
        _title(frame[frame["local"]] if sides else frame, order[0]),
        plot,
        n=_n(frame),
        how="Dot: one method; line: 95 % interval. "
        + (
            f"{words.listing(sides)}: each method's mean |attribution| divided by its sum, so that "
            f"methods in different units compare. On the right, where there is one: "
            f"{_lost(losses)}, in its own unit. Cut-off lines go on."
            if sides
            else f"{words.sentence(_lost(losses))}, in its own unit: no single case was explained."
        ),
        caution="Importance to the model is not importance in the world, and has no direction.",
        facts=sorted({f"{f.split('.')[0]}.<method>.{f.split('.')[2]}" for f in frame["fact"]}),
    )


def _lost(losses: list[pd.DataFrame]) -> str:
    """What losses are about."""
    methods = {str(part["method"].iloc[0]) for part in losses} or {"permutation_importance"}
    ways = [way for method, way in LOSSES.items() if method in methods]
    return f"the loss when a feature is {' or '.join(ways) or 'taken away'}"


def _part(frame: pd.DataFrame, side: str) -> pd.DataFrame:
    if side == "own":
        return frame[~frame["local"]]
    return frame[frame["local"] & (frame["direction"] == side)]


def _panel(
    frame: pd.DataFrame, part: pd.DataFrame, side: str, names: list[str], order: list[str]
) -> Any:
    """One layered chart; only the leftmost carries the feature names."""
    prefix = "" if side == "own" else "share"
    keys = ("value", "low", "high") if side == "own" else ("share", "share_low", "share_high")
    shown = part[part["feature"].isin(names)].assign(method=part["method"].map(words.label))
    raw = {m: _stage(frame, m) for m in dict.fromkeys(frame["method"])}
    methods = [words.label(m) for m in raw]
    first = side == next(one for one in WIDTH if len(_part(frame, one))) and (
        side != "own" or part["method"].iloc[0] == _part(frame, "own")["method"].iloc[0]
    )
    title = "share of mean |attribution|" if prefix else str(part["unit"].iloc[0])
    drawn = frame[frame["local"] & frame["feature"].isin(names)]
    shared = min(float(drawn["share_high"].max()), 1.3 * float(drawn["share"].max()))
    limits = alt.Scale(domain=[0, shared]) if prefix and shared > 0 else alt.Scale()
    x = alt.X(f"{keys[0]}:Q", title=title, scale=limits, axis=alt.Axis(tickCount=4))
    base = alt.Chart(alt.Data(values=chart.rows(shown) + _others(part, order[SHOWN:]))).encode(
        y=_rows(names, alt.Axis(labels=first, ticks=first)),
        color=alt.Color(
            "method:N",
            title=None,
            scale=alt.Scale(domain=methods, range=chart.method_colours(list(raw), raw)),
            legend=alt.Legend(columns=5),
        ),
        yOffset=alt.YOffset("method:N"),
    )
    dots = base.transform_filter("isValid(datum.method)").mark_point(size=22)
    dots = dots.encode(
        x=x,
        shape=alt.Shape("direction:N", legend=None, scale=chart.SHAPES),
        tooltip=["feature:N", "method:N", "value:Q", "low:Q", "high:Q", "unit:N", "rank:Q"],
    )
    spans = base.transform_filter("isValid(datum.method)").mark_rule(strokeWidth=1, clip=True)
    spans = spans.encode(x=alt.X(f"{keys[1]}:Q", title=title), x2=f"{keys[2]}:Q")
    text = alt.Chart(base.data).transform_filter("isValid(datum.others)")
    text = text.mark_text(align="left", fontSize=8.5).encode(
        x=alt.value(3), y=_rows(names), text="others:N"
    )
    return alt.layer(spans, dots, text).properties(
        width=_width(frame, side),
        height=20 * len(names),
        title=alt.TitleParams(
            HEADING.get(side, str(shown["method"].iloc[0])), fontSize=10, anchor="start"
        ),
    )


def _width(frame: pd.DataFrame, side: str) -> int:
    """What speaks alone, a direction or a loss, takes the room of both directions."""
    spoken = [one for one in HEADING if len(_part(frame, one))]
    alone = len(spoken) < 2 and (side in HEADING or not spoken)
    losses = max(1, _part(frame, "own")["method"].nunique())
    if side == "own":
        return (sum(WIDTH[one] for one in HEADING) if alone else WIDTH[side]) // losses
    return sum(WIDTH[one] for one in HEADING) if alone else WIDTH[side]


def _rows(names: list[str], axis: alt.Axis | None = None) -> alt.Y:
    """The same rows in every panel, also where a panel has nothing to say about one."""
    return alt.Y(
        "feature:N",
        title=None,
        sort=None,
        scale=alt.Scale(domain=names),
        axis=axis or alt.Undefined,
    )


def _others(part: pd.DataFrame, rest: list[str]) -> list[dict[str, Any]]:
    """What all other features carry together, as text: drawn, it would dwarf the rest."""
    if not rest or not part["local"].all():
        return []
    sums = part[part["feature"].isin(rest)].groupby("method")["share"].sum()
    span = words.interval((float(sums.min()), float(sums.max())))
    return [{"feature": OTHERS, "others": f"{words.count(len(rest), 'feature')}: {span} in all"}]


def _stage(frame: pd.DataFrame, method: str) -> str:
    is_p = (frame.loc[frame["method"] == method, "direction"] == "P").any()
    return "perturbation" if is_p else "gradient"


def _n(frame: pd.DataFrame) -> str:
    known = {int(n): m for n, m in zip(frame["n"], frame["local"], strict=True) if pd.notna(n)}
    said = [f"{n} {'explained instances' if local else 'rows'}" for n, local in known.items()]
    return words.listing(said)


def _title(frame: pd.DataFrame, first: str) -> str:
    tops = {
        side: part.groupby("feature")["share"].mean().idxmax()
        for side, part in frame.groupby("direction")
    }
    if len(set(tops.values())) == 1 and len(tops) == 2:
        return f"Both directions put {words.quoted(first)} first"
    if len(tops) == 2:
        p, g = (words.quoted(tops[side]) for side in ("P", "G"))
        return f"Perturbation puts {p} first, gradient {g}"
    return f"{words.quoted(first)} carries most"
