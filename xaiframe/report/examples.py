"""Examples of what is in the data: pictures, messages, series, rows; typical ones and extreme."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Figure, Grid, Heading, Row, Table
from xaiframe.report.pictures import draw
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

UNIT = "precaution.profile"
FEW, COLUMNS, LONG = 8, 5, 160
HOW = "Typical: nearest the middle of every measured column; extreme: farthest from it."


def examples(record: Record) -> Iterable[Block]:
    """Whatever the run kept; nothing where people must not be shown."""
    chosen = record.table(UNIT, "examples")
    if record.redact or chosen is None or chosen.empty:
        return
    stored = record.arrays(UNIT, "shown")
    if stored is not None:
        x = stored["x"]
        yield from pictures(record, chosen, x) if x.ndim == 4 else series(record, chosen, x)
    elif "message" in chosen:
        yield from messages(record, chosen)
    else:
        yield from rows(record, chosen)


def pictures(record: Record, chosen: pd.DataFrame, x: Array) -> Iterable[Block]:
    """One contact row per class: typical pictures, then extreme ones."""
    black, white = picture_input.levels(record, x)
    figures: list[Block] = []
    for place, (name, own) in enumerate(chosen.groupby("class", sort=False)):
        photos = [draw.photo(x[at], black, white, 12) for at in own.index]
        told = words.listing(
            f"{n} {kind}" for kind, n in own["kind"].value_counts(sort=False).items()
        )
        figures.append(
            Figure(f"examples-{place}", str(name), draw.stacked([photos]), how=told,
                   alt=f"example pictures of {name}: {told}", width=300)
        )  # fmt: skip
    yield Heading("examples", title(chosen, "picture"), f"{HOW} {beyond(record)}")
    yield Grid(figures, 2)


def messages(record: Record, chosen: pd.DataFrame) -> Iterable[Block]:
    """Messages of every class in turn, shortened."""
    told = few(chosen)
    yield Table(
        "examples",
        title(told, "message"),
        ["class", "", "message"],
        [[str(one["class"]), one["kind"], short(one["message"])] for _, one in told.iterrows()],
        how=HOW,
        caution=beyond(record),
        facts=(f"{UNIT}.columns_beyond_examples",),
        widths=(14, 12, 74),
        compact=True,
    )


def series(record: Record, chosen: pd.DataFrame, x: Array) -> Iterable[Block]:
    """The first channel of each example as a line, one panel per class."""
    samples = x.shape[2]
    table = pd.DataFrame(
        {
            "sample": np.tile(np.arange(samples), len(x)),
            "value": x[:, 0].reshape(-1),
            "id": np.repeat(chosen["id"].astype(str).to_numpy(), samples),
            "kind": np.repeat(chosen["kind"].to_numpy(), samples),
            "class": np.repeat(chosen["class"].astype(str).to_numpy(), samples),
        }
    )
    colour = alt.Scale(domain=["typical", "extreme"], range=[chart.P, chart.G])
    plot = (
        alt.Chart(chart.data(table))
        .mark_line(strokeWidth=1)
        .encode(
            x=alt.X("sample:Q", title="sample"),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
            color=alt.Color("kind:N", title=None, scale=colour),
            detail="id:N",
        )
        .properties(width=290, height=80)
        .facet(
            alt.Facet("class:N", title=None, sort=list(dict.fromkeys(chosen["class"]))), columns=2
        )
    )
    yield chart.figure(
        "examples",
        title(chosen, "series", "series"),
        plot,
        n=words.count(len(chosen), "series", "series"),
        how=HOW + (" The first channel." if x.shape[1] > 1 else ""),
        caution=beyond(record),
        facts=[f"{UNIT}.columns_beyond_examples"],
    )


def rows(record: Record, chosen: pd.DataFrame) -> Iterable[Block]:
    """Rows of a table in the columns that matter most."""
    stored = record.table(UNIT, "rows")
    if stored is None or len(stored) != len(chosen):
        return
    order = [name for name in explained.ranking(record) if name in stored]
    names, told = (order or [str(name) for name in stored])[:COLUMNS], few(chosen)
    cells = stored[names].to_numpy()[told.index.to_numpy()]
    lines: list[Row] = [
        [str(one["id"]), str(one["kind"]), str(one["class"]), *(short(cell, 24) for cell in own)]
        for one, own in zip(told.to_dict("records"), cells, strict=True)
    ]
    more = (
        f" {stored.shape[1] - len(names)} further columns are not shown."
        if len(names) < stored.shape[1]
        else ""
    )
    yield Table(
        "examples",
        title(told, "row"),
        ["row", "", "class", *names],
        lines,
        how=HOW + more,
        caution=beyond(record),
        facts=(f"{UNIT}.columns_beyond_examples",),
        compact=True,
    )


def few(chosen: pd.DataFrame) -> pd.DataFrame:
    """At most :data:`FEW` of them, one typical and one extreme of each class before a second."""
    turn = chosen.groupby(["class", "kind"], sort=False).cumcount()
    return chosen.loc[sorted(turn.sort_values(kind="stable").index[:FEW])]


def title(chosen: pd.DataFrame, thing: str, things: str = "") -> str:
    """How many of either kind, of how many classes."""
    classes = chosen["class"].nunique()
    among = f" of {words.count(classes, 'class', 'classes')}" if classes > 1 else ""
    typical = int((chosen["kind"] == "typical").sum())
    told = words.count(typical, f"typical {thing}", f"typical {things}" if things else "")
    return f"{told} and {len(chosen) - typical} extreme{among}"


def beyond(record: Record) -> str:
    """Which columns the examples leave mostly unseen."""
    covered = record.table(UNIT, "coverage")
    if covered is None or covered.empty:
        return ""
    hidden = covered[covered["covered"] < 0.5].sort_values("covered", kind="stable")["column"]
    if hidden.empty:
        return "They span at least half of what every measured column holds."
    told = words.listing(map(words.quoted, hidden), most=4)
    return f"They show less than half of what {told} can hold."


def short(text: object, most: int = LONG) -> str:
    """The beginning of a text on one line."""
    return words.shortened(" ".join(str(text).split()), most)
