"""Optima: what each output wants most, drawn in the natural form beside the nearest real row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Cell, Figure, Grid, Heading, Prose, Row, Table
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record
from xaiframe.report.signals.lanes import Lanes
from xaiframe.report.tables.levels import Values

KIND = "optimum"
QUESTION = "Which input would each output answer most strongly, as far as the data's range goes?"
WITHIN = "Which input would raise each channel of a hidden layer most, within the data's range?"
CAUTION = (
    "Made by following the gradient, not observed: what is far from all training rows shows what "
    "the model reacts to, not what such a case looks like."
)
SHOWN, DRAWN, LANES = 16, 10, 3
"""Features of the map; outputs drawn; channels of a series."""
FAR = 2
"""Times the usual distance from which an optimum is said to be unlike the data: our own limit."""


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """The scores reached, then the inputs themselves."""
    name = ".".join(unit)
    stored, arrays = record.table(name, KIND), record.arrays(name, "inputs")
    assert stored is not None
    yield Heading(
        f"{unit[1]}-overall", words.sentence(words.label(unit[1])), question(record, unit)
    )
    shape = explained.modality(record)
    if shape == "table":
        yield from _features(record, unit, stored)
    elif arrays is not None and shape == "image":
        yield _photos(record, unit, stored, arrays)
        yield Prose([_left(stored), CAUTION])
    elif arrays is not None:
        yield _curves(record, unit, stored, arrays)
        yield Prose([_left(stored), CAUTION])
    yield _scores(record, unit, stored)


def question(record: Record, unit: tuple[str, str]) -> str:
    """What is asked: of the outputs, or of the channels that the recipe names."""
    node = (record.recipe.get(unit[0]) or {}).get(unit[1]) or {}
    return WITHIN if node.get("channels") else QUESTION


def _left(stored: pd.DataFrame) -> str:
    """What is drawn, and which outputs are not."""
    told = "Each optimum is named by its output; the number is the score it reaches."
    rest = len(stored) - DRAWN
    return told + (f" {words.count(rest, 'further output')} not drawn." if rest > 0 else "")


def _scores(record: Record, unit: tuple[str, str], stored: pd.DataFrame) -> Table:
    name = ".".join(unit)
    beyond = stored["score"] > stored["largest"]
    lowered = stored["output"] == "lowest"
    beyond = beyond.where(~lowered, stored["score"] < stored["largest"])
    times = float((stored["apart"] / stored["usual"]).median())
    fact = record.facts.one(f"{name}.largest") or next(iter(record.facts.where(f"{name}.largest")))
    decided = not explained.regression(record)
    title = f"{int(beyond.sum())} of {len(stored)} optima go beyond every real row"
    if np.isfinite(times):
        title += f"; typically {words.number(times, digits=2)} times as far from the data as usual"
    rows: list[Row] = [
        [
            words.shortened(one["output"], 32),
            *(Cell(words.number(one[key]), "number", one[key])
              for key in ("start", "largest", "score")),
            *([words.shortened(one["answer"], 32)] if decided else []),
            Cell(f"{words.number(one['apart'], digits=2)} sd", "number", one["apart"]),
        ]
        for one in stored.to_dict("records")
    ]  # fmt: skip
    usual = words.number(float(stored["usual"].iloc[0]), digits=2)
    return Table(
        f"{unit[1]}-scores",
        title,
        ["output", "score at the start", "best real row", "score at the optimum",
         *(["the model says"] if decided else []), "to the nearest row"],
        rows,
        how="Score of the output named at the left, of a channel its mean activation. Distance: "
        "root mean square over the input's "
        f"elements, in standard deviations; training rows usually lie {usual} sd from each other.",
        caution="Beyond about twice the usual distance the model answers where it learnt nothing."
        if times > FAR
        else "",
        n=words.count(int(fact.n or 0), "real row"),
        facts=(f"{name}.score", f"{name}.largest", f"{name}.apart"),
        compact=True,
        widths=(24, 15, 14, 17, 16, 14) if decided else (28, 18, 18, 18, 18),
    )  # fmt: skip


def _features(record: Record, unit: tuple[str, str], stored: pd.DataFrame) -> Iterable[Block]:
    """Features by outputs: the optimum's values, shaded by how far they are from the mean."""
    told = record.table(".".join(unit), "features")
    if told is None:
        return
    outputs = list(stored["output"].astype(str))[:DRAWN]
    told = told[told["output"].isin(outputs)]
    size = told.groupby("feature", sort=False)["sd"].agg(lambda own: own.abs().max()).fillna(0)
    kept = list(size.sort_values(ascending=False, kind="stable").index[:SHOWN])
    told = told[told["feature"].isin(kept)]
    values, marks = Values(record), {"high": " ↑", "low": " ↓", "": ""}
    told = told.assign(
        name=[words.shortened(one, 34) for one in told["feature"]],
        said=[
            words.shortened(values.said(str(one["feature"]), float(one["value"])), 18)
            + marks[one["edge"]]
            for one in told.to_dict("records")
        ],
    )
    most = float(told["sd"].abs().max())
    most = most if np.isfinite(most) and most > 0 else 1.0
    order = [words.shortened(one, 34) for one in kept]
    base = alt.Chart(chart.data(told[["output", "feature", "name", "said", "sd"]])).encode(
        x=alt.X("output:N", sort=outputs, title=None,
                axis=alt.Axis(orient="top", labelAngle=0, labelLimit=90)),
        y=alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=["feature:N", "output:N", "said:N", "sd:Q"],
    )  # fmt: skip
    shade = alt.Scale(domain=[-most, 0, most], range=[chart.P, "#fafafa", "#d67400"])
    tiles = base.mark_rect(stroke="white").encode(color=alt.Color("sd:Q", scale=shade, legend=None))
    dark = alt.condition(f"abs(datum.sd) > {0.8 * most}", alt.value("white"), alt.value(chart.INK))
    layers: list[Any] = [tiles]
    if len(outputs) <= 5:
        layers.append(base.mark_text(fontSize=9).encode(text="said:N", color=dark))
    edges = float((told["edge"] != "").mean())
    rest = len(size) - len(kept)
    yield chart.figure(
        f"{unit[1]}-features",
        f"{words.of_hundred(edges)} of the values shown lie at an end of the data's range",
        chart.fit(alt.layer(*layers), chart.FULL, 60 + 20 * len(kept)),
        how="The values that raise each output most. Orange: above the training mean, blue: below, "
        f"the darker the more standard deviations (at most {words.number(most, digits=2)}); ↑ ↓: "
        "at the upper or lower end of the training split's range."
        + (f" {words.count(rest, 'further feature')} not shown." if rest > 0 else ""),
        caution=CAUTION,
        facts=(f"{'.'.join(unit)}.score",),
    )


def _photos(
    record: Record, unit: tuple[str, str], stored: pd.DataFrame, arrays: dict[str, Array]
) -> Grid:
    """Per output the optimum, and beside it the real picture of the largest score."""
    levels = picture_input.levels(record, explained.inputs(record)["x"])
    figures: list[Block] = []
    for place, one in enumerate(stored.to_dict("records")[:DRAWN]):
        pair = [arrays["x"][place]] + ([] if record.redact else [arrays["best"][place]])
        drawn = picture.stacked([[picture.photo(each, *levels, 26) for each in pair]])
        told = words.shortened(one["output"], 28)
        figures.append(
            Figure(
                f"{unit[1]}-{place}",
                f"{told}: {words.number(one['score'], digits=2)}",
                drawn,
                how="" if record.redact
                else f"right: a real one, {words.number(one['largest'], digits=2)}",
                alt=f"the picture that raises {told} most"
                + ("" if record.redact else ", and the real one that does"),
                width=104 * len(pair),
            )
        )  # fmt: skip
    return Grid(figures, 3)


def _curves(
    record: Record, unit: tuple[str, str], stored: pd.DataFrame, arrays: dict[str, Array]
) -> Grid:
    lanes = Lanes.of(record)
    figures: list[Block] = []
    for place, one in enumerate(stored.to_dict("records")[:DRAWN]):
        moved = np.abs(arrays["x"][place] - arrays["start"]).max(axis=1)
        order = sorted(np.argsort(-moved, kind="stable")[:LANES].tolist())
        own = {"optimum": arrays["x"][place], "start": arrays["start"]}
        own |= {} if record.redact else {"best real": arrays["best"][place]}
        rest = len(moved) - len(order)
        figures.append(
            chart.figure(
                f"{unit[1]}-{place}",
                f"{words.shortened(one['output'], 28)}: score {words.number(one['score'])}, "
                f"best real one {words.number(one['largest'])}",
                alt.vconcat(*[_lane(lanes, own, channel) for channel in order], spacing=4),
                how=(f"{words.count(rest, 'further channel')} not shown. " if rest else ""),
            )
        )
    return Grid(figures, 2)


def _lane(lanes: Lanes, curves: dict[str, Array], channel: int) -> Any:
    samples = next(iter(curves.values())).shape[1]
    frame = pd.concat(
        [pd.DataFrame({"time": lanes.times(samples), "value": own[channel], "which": name})
         for name, own in curves.items()]
    )  # fmt: skip
    colour = alt.Scale(
        domain=["optimum", "best real", "start"], range=["#d67400", chart.INK, "#b5b9bd"]
    )
    title = words.shortened(lanes.title(lanes.channels[channel]), 22)
    return (
        alt.Chart(chart.data(frame))
        .mark_line(strokeWidth=1.4)
        .encode(
            x=alt.X("time:Q", scale=alt.Scale(domain=lanes.ends, nice=False, zero=False),
                    axis=alt.Axis(title=lanes.axis, tickCount=5, grid=False)),
            y=alt.Y("value:Q", scale=alt.Scale(zero=False),
                    axis=alt.Axis(title=title, tickCount=3, grid=False)),
            color=alt.Color("which:N", title=None, scale=colour),
            tooltip=["which:N", "time:Q", "value:Q"],
        )
        .properties(width=245, height=90)
    )  # fmt: skip
