"""Consistency: the rows that repeat others, train, test or contradict."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Figure, Grid, Heading, Row, Table, num
from xaiframe.report.examples import short
from xaiframe.report.pictures import draw
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

HEADLINE = ("duplicate_share", "conflicting_share", "leakage_share")
UNIT = "precaution.consistency"
SHOWN, LONG, BEFORE = 6, 120, 60
SHARES = {
    "duplicate_share": "repeat another row",
    "near_duplicate_share": "almost repeat one",
    "conflicting_share": "contradict one",
    "leakage_share": "test rows in train",
    "near_leakage_share": "test rows almost in train",
}


def found(record: Record) -> Iterable[Block]:
    """The shares beside what chance shows; a short list of offending rows, near duplicates side by
    side, left out when nothing was found or rows must not be shown."""
    yield from shares(record)
    table = record.table(UNIT, "duplicates")
    if table is None or table.empty or record.redact:
        return
    yield listed(table)
    yield from pictures(record, table)


def shares(record: Record) -> Iterable[Block]:
    """Each share with its interval, and a tick where chance alone would still reach."""
    rows = []
    for name, told in SHARES.items():
        fact = record.facts.one(f"{UNIT}.{name}")
        if fact is None or fact.value is None:
            continue
        value, null = float(fact.value), record.facts.value(f"{UNIT}.{name}_null95")
        low, high = fact.interval or (value, value)
        limit = float(null) if isinstance(null, int | float) else None
        rows.append({"what": told, "share": value, "low": low, "high": high, "chance": limit,
                     "beyond": value > (limit or 0.0), "fact": f"{UNIT}.{name}"})  # fmt: skip
    if not any(row["share"] for row in rows):
        return
    frame, order = pd.DataFrame(rows), [str(row["what"]) for row in rows]
    base = alt.Chart(chart.data(frame)).encode(y=alt.Y("what:N", title=None, sort=order))
    colour = alt.condition("datum.beyond", alt.value(chart.BAD), alt.value(chart.P))
    dot = base.mark_point(size=60).encode(
        x=alt.X("share:Q", title="share of rows", scale=alt.Scale(zero=True)), color=colour
    )
    span = base.mark_rule().encode(x="low:Q", x2="high:Q", color=colour)
    null = base.transform_filter("isValid(datum.chance)").mark_tick(
        color=chart.INK, thickness=2, size=14
    ).encode(x="chance:Q")  # fmt: skip
    yield chart.figure(
        "repeated-rows",
        title(rows),
        chart.fit(span + dot + null, chart.HALF, 40 + 26 * len(rows)),
        how="Point and line: share with 95 % interval; tick: what independent rows of the same "
        "columns stay below in 95 of 100 data sets. Near duplicates are judged by a distance "
        "that hardly any row keeps by chance.",
        caution="Rows truly observed twice look the same as copies.",
        facts=[str(row["fact"]) for row in rows],
    )


def title(rows: list[dict[str, object]]) -> str:
    """What exceeds chance, or that nothing does."""
    beyond = [str(row["what"]) for row in rows if row["beyond"]]
    if not beyond:
        return "No more rows repeat than chance explains"
    return f"More than chance explains: {words.listing(beyond)}"


def listed(table: pd.DataFrame) -> Block:
    """The first rows of every kind; messages beside what they repeat."""
    kinds = table["kind"].value_counts()
    told = words.listing(f"{words.label(str(kind))}: {amount}" for kind, amount in kinds.items())
    turn = table.groupby("kind", sort=False).cumcount()
    chosen = table.loc[sorted(turn.sort_values(kind="stable").index[:SHOWN])]
    spoken = "message" in table
    return Table(
        "duplicates",
        f"Rows that repeat ({told})",
        ["row", "in", "repeats row", "in", "kind", *(["message", "it repeats"] if spoken else [])],
        [_line(row, spoken) for _, row in chosen.iterrows()],
        caution=f"{len(table) - SHOWN} more: see artifacts." if len(table) > SHOWN else "",
        facts=(f"{UNIT}.duplicate_share", f"{UNIT}.leakage_share", f"{UNIT}.near_duplicate_share"),
        widths=(8, 8, 9, 7, 8, 30, 30) if spoken else (),
        compact=True,
    )


def _line(row: pd.Series, spoken: bool) -> Row:
    plain: list[Cell | str] = [
        num(row["id"]),
        str(row["split"]),
        num(row["other_id"]),
        str(row["other_split"]),
        words.label(str(row["kind"])),
    ]
    if spoken:
        plain += differing(str(row["message"]), str(row["other_message"]))
    return plain


def differing(one: str, other: str) -> list[str]:
    """Two messages on one line each, cut so that where they first differ is seen."""
    both = [" ".join(text.split()) for text in (one, other)]
    pairs = enumerate(zip(*both, strict=False))
    same = next((at for at, (a, b) in pairs if a != b), min(map(len, both)))
    skipped = max(same - BEFORE, 0) if same < max(map(len, both)) > LONG else 0
    return [("…" if skipped else "") + short(text[skipped:], LONG) for text in both]


def pictures(record: Record, table: pd.DataFrame) -> Iterable[Block]:
    """Pairs of pictures, the one that repeats above the one it repeats."""
    stored = record.arrays(UNIT, "shown")
    if not stored or not len(stored["x"]):
        return
    x = stored["x"]
    black, white = picture_input.levels(record, x)
    figures: list[Block] = []
    for pair, place in zip(x, np.asarray(stored["pair"]), strict=True):
        row = table.iloc[int(place)]
        told = f"{row['split']} {row['id']} repeats {row['other_split']} {row['other_id']}"
        photos = [[draw.photo(one, black, white, 14)] for one in pair]
        figures.append(
            Figure(f"pair-{place}", words.label(str(row["kind"])), draw.stacked(photos), how=told,
                   alt=told, width=60)
        )  # fmt: skip
    yield Heading(
        "pairs", f"{words.count(len(x), 'pair')} of pictures, each above the one it repeats"
    )
    yield Grid(figures, SHOWN)
