"""The searched space as it was seen: slices, a contour of two parameters, parallel coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from scipy.interpolate import griddata

from xaiframe.explanation import Array
from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record
from xaiframe.report.tuned.history import looks
from xaiframe.report.tuned.trials import UNIT, Trials, last, setting, trials_of

SHADES = alt.Legend(type="symbol", symbolType="square", symbolSize=90, tickCount=3)
"""Gradients do not print."""
COLUMNS, CELLS, ENOUGH = 4, 18, 8
"""Panels in a row; cells of the contour along an axis; trials from which it is drawn."""


def slices(record: Record) -> Iterable[Block]:
    """Each objective against each parameter, trial by trial."""
    found = trials_of(record)
    if found is None or len(found.done) < 3 or not found.varied():
        return
    names, goals = by_weight(record, found)[:COLUMNS], found.goals[:2]
    width = chart.FULL // len(names) - 42
    rows = [
        alt.hconcat(
            *(_slice(found, name, goal, width, goal == goals[-1], name == names[0])
              for name in names),
            spacing=12,
        )
        for goal in goals
    ]  # fmt: skip
    left = [setting(one) for one in found.varied() if one not in names]
    yield chart.figure(
        "tuning-slices",
        slices_title(record, found),
        alt.vconcat(*rows, spacing=6).resolve_scale(color="shared", shape="shared"),
        n=words.count(len(found.done), "measured trial"),
        how="One point per trial, at its value of one parameter; all others vary as well."
        + (f" Not drawn: {words.listing(left)}." if left else ""),
        caution="A gap was not tried; a pattern may be another parameter's.",
        facts=[f"artifacts/{UNIT}/trials.parquet"],
    )


def by_weight(record: Record, found: Trials) -> list[str]:
    """The parameters that varied, those that matter most for the score first."""
    varied, table = found.varied(), record.table(UNIT, "importance")
    if table is None:
        return varied
    score = table[table["objective"] == found.goals[0]].set_index("parameter")["importance"]
    weight = {name: float(score.get(name, 0.0) or 0.0) for name in varied}
    return sorted(varied, key=lambda name: -np.nan_to_num(weight[name]))


def slices_title(record: Record, found: Trials) -> str:
    """Where the best trials lie along the parameter that matters most."""
    name, goal = by_weight(record, found)[0], found.goals[0]
    best = found.done.sort_values(goal, ascending=found.better.get(goal) == "lower")
    values = best[name].head(max(2, len(best) // 4))
    if found.choice(name):
        most = values.astype(str).value_counts()
        if 2 * most.iloc[0] <= len(values):
            return f"The best quarter by {last(goal)} has no {setting(name)} in common"
        return f"The best quarter by {last(goal)} mostly has {setting(name)} {most.index[0]}"
    low, high = (words.number(float(end)) for end in (values.min(), values.max()))
    return f"The best quarter by {last(goal)} lies at {setting(name)} {low} to {high}"


def _slice(found: Trials, name: str, goal: str, width: int, lowest: bool, first: bool) -> alt.Chart:
    drawn = found.drawn.assign(x=lambda done: done[name], y=lambda done: done[goal])
    if found.choice(name):
        x: alt.X = alt.X("x:N", title=setting(name) if lowest else None,
                         axis=alt.Axis(labels=lowest, labelAngle=0))  # fmt: skip
    else:
        scale = alt.Scale(type="log") if found.log(name) else alt.Scale(zero=False)
        axis = alt.Axis(labels=lowest, tickCount=3, format="~r")
        x = alt.X("x:Q", title=setting(name) if lowest else None, scale=scale, axis=axis)
    y = alt.Y("y:Q", title=last(goal) if first else None, scale=alt.Scale(zero=False, padding=5),
              axis=alt.Axis(labels=first, tickCount=4))  # fmt: skip
    return (
        alt.Chart(chart.data(drawn[["number", "x", "y", "role"]]))
        .mark_point(size=34)
        .encode(x=x, y=y, tooltip=["number:Q", "y:Q"], **looks(list(drawn["role"])))
        .properties(width=width, height=84)
    )


def contour(record: Record) -> Iterable[Block]:
    """The score over the two ranges that matter most, filled in between the trials only."""
    found = trials_of(record)
    if found is None or len(found.done) < ENOUGH:
        return
    names = [name for name in by_weight(record, found) if not found.choice(name)][:2]
    if len(names) < 2:
        return
    goal, done = found.goals[0], found.done
    across, up = (_place(done[name], found.log(name)) for name in names)
    filled = _between(across, up, done[goal].to_numpy(dtype=float))
    for name, side in zip(names, ("x", "y"), strict=True):
        for end in (side, f"{side}2"):
            filled[end] = _back(filled[end], done[name], found.log(name))
    x, y = (_along(found, name) for name in names)
    colour = alt.Color(
        "value:Q", title=last(goal), scale=alt.Scale(scheme="blues", zero=False), legend=SHADES
    )
    ground = alt.Chart(chart.data(filled)).mark_rect()
    drawn = done.assign(x=done[names[0]], y=done[names[1]])
    dots = alt.Chart(chart.data(drawn[["number", "x", "y", "chosen"]])).mark_point(
        filled=False, stroke=chart.INK, size=30
    )
    chosen = alt.Chart(chart.data(drawn[drawn["chosen"]][["x", "y"]]))
    plot = alt.layer(
        ground.encode(x=alt.X("x:Q", **x), x2="x2:Q", y=alt.Y("y:Q", **y), y2="y2:Q", color=colour),
        dots.encode(x=alt.X("x:Q", **x), y=alt.Y("y:Q", **y)),
        chosen.mark_point(shape="diamond", color=chart.G, size=90).encode(
            x=alt.X("x:Q", **x), y=alt.Y("y:Q", **y)
        ),
    )
    yield chart.figure(
        "tuning-contour",
        f"{words.sentence(last(goal))} over {setting(names[0])} and {setting(names[1])}: "
        f"{words.number(float(done[goal].min()))} to {words.number(float(done[goal].max()))}",
        chart.fit(plot, chart.HALF, 190),
        n=words.count(len(done), "trial"),
        how="Rings: trials; diamond: the chosen one. Between them the score is interpolated; white "
        "was not searched.",
        caution="A flat picture of a space with more dimensions: the other parameters vary too.",
        facts=[f"artifacts/{UNIT}/trials.parquet"],
    )


def _along(found: Trials, name: str) -> dict[str, Any]:
    """How an axis of the contour is drawn."""
    scale = alt.Scale(type="log" if found.log(name) else "linear", zero=False, nice=False)
    return {"title": setting(name), "scale": scale, "axis": alt.Axis(format="~r", tickCount=4)}


def _place(values: pd.Series, log: bool) -> Array:
    """Values in [0, 1] along their axis."""
    one = np.log(values.to_numpy(dtype=float)) if log else values.to_numpy(dtype=float)
    return np.asarray((one - one.min()) / (np.ptp(one) or 1.0))


def _back(shares: pd.Series, values: pd.Series, log: bool) -> pd.Series:
    """The values at shares of the way from their least to their largest."""
    low, high = float(values.min()), float(values.max())
    return low * (high / low) ** shares if log else low + shares * (high - low)


def _between(x: Array, y: Array, value: Array) -> pd.DataFrame:
    """Cells within the hull of the trials, with the value at their middle."""
    edges = np.linspace(0, 1, CELLS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    grid = np.array([(a, b) for a in middles for b in middles])
    found = griddata(np.column_stack([x, y]), value, grid, method="linear")
    ends = list(pairwise(edges))
    rows = [(*a, *b) for a in ends for b in ends]
    frame = pd.DataFrame(rows, columns=["x", "x2", "y", "y2"]).assign(value=found)
    return frame.dropna(subset=["value"])


def parallel(record: Record) -> Iterable[Block]:
    """Every trial as a line through its parameters and objectives."""
    found = trials_of(record)
    if found is None or len(found.done) < 4:
        return
    axes = [*by_weight(record, found)[:5], *found.goals[:2]]
    labels = {one: last(one) if one in found.goals else setting(one) for one in axes}
    done, parts, ends = found.done, [], []
    for name in axes:
        shares, low, high = _axis(found, name)
        label = labels[name]
        parts.append(done[["number", "role"]].assign(axis=label, share=shares))
        ends += [
            {"axis": label, "share": 0, "text": low},
            {"axis": label, "share": 1, "text": high},
        ]
    lines = alt.Chart(chart.data(pd.concat(parts)))
    x = alt.X(
        "axis:N",
        title=None,
        sort=[*labels.values()],
        axis=alt.Axis(labelAngle=0, labelLimit=110, labelPadding=16),
    )
    y = alt.Y("share:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1]))
    detail = {"x": x, "y": y, "detail": "number:N"}
    best = "datum.role == 'chosen'"
    marks = alt.Chart(chart.data(ends)).encode(x=x, y=y, text="text:N")
    plot = alt.layer(
        lines.transform_filter(f"!({best})")
        .mark_line(strokeWidth=0.8, color="#a9b3bb")
        .encode(**detail),
        lines.transform_filter(best).mark_line(strokeWidth=2.4, color=chart.G).encode(**detail),
        marks.transform_filter("datum.share == 0").mark_text(dy=9, color=chart.SOFT),
        marks.transform_filter("datum.share == 1").mark_text(dy=-7, color=chart.SOFT),
    )
    yield chart.figure(
        "tuning-parallel",
        parallel_title(found),
        chart.fit(plot, chart.FULL, 150),
        n=words.count(len(done), "trial"),
        how="One line per trial, each axis from its least to its largest value; thick: the chosen.",
        facts=[f"artifacts/{UNIT}/trials.parquet"],
    )


def parallel_title(found: Trials) -> str:
    """How the chosen trial differs from the recipe's own setting."""
    chosen, start = found.chosen, found.table.iloc[0]
    if chosen is None:
        return "Every trial through its settings and results"
    other = [one for one in found.parameters if str(chosen[one]) != str(start[one])]
    if not other:
        return "The chosen trial is the recipe's own setting"
    return (
        f"The chosen trial changes {words.count(len(other), 'setting')} of "
        f"{len(found.parameters)}: {words.listing(map(setting, other), 3)}"
    )


def _axis(found: Trials, name: str) -> tuple[Array, str, str]:
    """Shares along an axis, with what stands at its ends."""
    values = found.done[name]
    if found.choice(name) or not pd.api.types.is_numeric_dtype(values):
        levels = sorted(values.astype(str).unique(), key=lambda one: (len(one), one))
        place = values.astype(str).map({level: k for k, level in enumerate(levels)})
        return place.to_numpy(float) / max(1, len(levels) - 1), levels[0], levels[-1]
    low, high = (words.number(float(end)) for end in (values.min(), values.max()))
    return _place(values, found.log(name)), low, high
