"""Purity: labels that are in doubt, rows unlike all others, rows that hold nothing."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.facts import Fact
from xaiframe.report import chart, words
from xaiframe.report.block import Block, Figure, Grid, Table, num
from xaiframe.report.pictures import draw
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

HEADLINE = ("label_noise", "outlier_share", "corrupt_share")
SHOWN = 8
NOISE = "precaution.purity.label_noise"
WRONG = "precaution.purity.suspects_wrong"


def found(record: Record) -> Iterable[Block]:
    """Label noise beside its control; short lists, unless rows must not be shown."""
    noise, control = record.facts.one(NOISE), record.facts.one(f"{NOISE}_null95")
    if noise and isinstance(noise.value, float) and control and control.value is not None:
        yield _noise(noise, control)
    if record.redact:
        return
    for key, make in (("suspects", _suspects), ("outliers", _outliers), ("corrupt", _corrupt)):
        table = record.table("precaution.purity", key)
        if table is not None and not table.empty:
            yield make(record, table)
            yield from _pictures(record, key, table)


def _noise(noise: Fact, control: Fact) -> Block:
    value = float(noise.value or 0.0)
    low, high = noise.interval or (value, value)
    limit = float(control.value or 0.0)
    frame = pd.DataFrame([{"what": "wrong labels", "share": value, "low": low, "high": high}])
    base = alt.Chart(chart.data(frame)).encode(y=alt.Y("what:N", title=None))
    colour = chart.BAD if value > limit else chart.P
    dot = base.mark_point(size=60, color=colour).encode(
        x=alt.X("share:Q", title="share of rows", scale=alt.Scale(zero=True))
    )
    span = base.mark_rule(color=colour).encode(x="low:Q", x2="high:Q")
    null = alt.Chart(chart.data([{"share": limit}])).mark_tick(
        color=chart.INK, thickness=2, size=30
    ).encode(x="share:Q")  # fmt: skip
    said = "more than" if value > limit else "no more than"
    return chart.figure(
        "label-noise",
        f"The labels of {words.of_hundred(value)} rows look wrong, {said} overlap alone shows",
        chart.fit(span + dot + null, chart.HALF, 90),
        n=words.count(int(noise.n or 0), "row"),
        how="Point and line: estimate with 95 % interval; tick: what the same procedure finds in "
        "95 of 100 draws of sound labels.",
        caution="A target that is random by nature looks the same as wrong labels.",
        facts=[NOISE, f"{NOISE}_null95"],
    )


def _listed(key: str, title: str, headers: list[str], rows: list[list[object]], n: int) -> Block:
    return Table(
        key,
        title,
        headers,
        [[num(cell) if not isinstance(cell, str) else cell for cell in row] for row in rows],
        caution=f"{n - len(rows)} more: see artifacts." if n > len(rows) else "",
        compact=True,
    )


def _suspects(record: Record, table: pd.DataFrame) -> Block:
    """The least believable first, each beside its probability of being wrong."""
    known = ["original"] if "original" in table else []
    sure = ["wrong"] if "wrong" in table and table["wrong"].notna().any() else []
    rows = [
        [
            int(r["id"]),
            _cell(r["given"]),
            _cell(r["suggested"]),
            float(r["margin"]),
            *(float(r[key]) for key in sure),
            *(words.shortened(r[key], 90) for key in known),
        ]
        for _, r in table.head(SHOWN).iterrows()
    ]
    expected = record.facts.one(WRONG)
    after = "the least believable first"
    if sure and expected and isinstance(expected.value, float):
        after = f"about {round(expected.value * len(table))} wrong or decided by chance"
    title = f"{words.count(len(table), 'label')} in doubt, {after}"
    told = ["p(wrong)"] if sure else []
    heads = ["row", "given", "suggested", "margin", *told, *("" for _ in known)]
    return _listed("suspects", title, heads, rows, len(table))


def _pictures(record: Record, key: str, table: pd.DataFrame) -> Iterable[Block]:
    """The first pictures of a list, each under its row's number and what is said of it."""
    stored = record.arrays("precaution.purity", key)
    if stored is None or stored["x"].ndim != 4:
        return
    black, white = picture_input.levels(record, stored["x"])
    figures = [
        Figure(
            f"{key}-{place}",
            f"{one['given']} → {one['suggested']}" if key == "suspects" else str(one["id"]),
            draw.photo(x, black, white, 14),
            alt=f"row {one['id']}",
            width=52,
        )
        for place, (x, one) in enumerate(zip(stored["x"], table.to_dict("records"), strict=False))
    ]
    yield Grid(figures, 10)


def _outliers(_: Record, table: pd.DataFrame) -> Block:
    rows = [
        [int(r["id"]), words.shortened(r["column"]), float(r["score"])]
        for _, r in table.head(SHOWN).iterrows()
    ]
    title = f"{words.count(len(table), 'row')} unlike all others, the furthest first"
    headers = ["row", "stands out in", "distance ÷ limit"]
    return _listed("outliers", title, headers, rows, len(table))


def _corrupt(_: Record, table: pd.DataFrame) -> Block:
    rows = [[int(r["id"]), str(r["split"]), str(r["kind"])]
            for _, r in table.head(SHOWN).iterrows()]  # fmt: skip
    title = f"{words.count(len(table), 'row')} without content"
    return _listed("corrupt", title, ["row", "in", "what"], rows, len(table))


def _cell(value: object) -> object:
    return words.shortened(value) if isinstance(value, str) else value
