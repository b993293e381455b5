"""Profile: what the data are, column by column or class by class."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.report import chart, examples, explained, words
from xaiframe.report.block import Block, Cell, Figure, Grid, Heading, Row, Table, num
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

UNIT = "precaution.profile"
SHOWN, LISTED = 6, 8
HEADLINE = ("columns", "id_like_columns", "schema_breaches")


def found(record: Record) -> Iterable[Block]:
    """What the columns hold, what is odd about them, and examples of what is in the data."""
    yield from columns(record)
    yield from odd(record)
    yield from breaches(record)
    yield from histograms(record)
    yield from means(record)
    yield from examples.examples(record)


def odd(record: Record) -> Iterable[Block]:
    """Columns that are not what their type says, or say nothing."""
    table = record.table(UNIT, "columns")
    if table is None or not {"inferred", "identifier", "declared"} <= set(table):
        return
    ahead = {
        fact.labels["column"]: int(fact.value)
        for fact in record.facts.where(f"{UNIT}.future_dates")
        if isinstance(fact.value, int) and fact.value > 0
    }
    told = {str(row["column"]): _oddity(row, ahead) for _, row in table.iterrows()}
    told = {name: reason for name, reason in told.items() if reason}
    if not told:
        return
    rest = f"{len(told) - LISTED} further ones: see artifacts" if len(told) > LISTED else ""
    yield Table(
        "odd-columns",
        f"{words.count(len(told), 'column')} may not be what the model should learn from",
        ["column", "what is odd"],
        [[name, reason] for name, reason in list(told.items())[:LISTED]],
        caution=rest,
        facts=(f"{UNIT}.id_like_columns", f"{UNIT}.number_texts", f"{UNIT}.constant_columns"),
        widths=(34, 66),
        compact=True,
    )


def _oddity(row: pd.Series, ahead: dict[str, int]) -> str:
    """Every reason in words; empty for a column that is what it seems."""
    what, name = str(row["inferred"]), str(row["column"])
    found = {
        "empty": "it holds no value",
        "constant": "it never changes",
        "number as text": f"numbers, read as text ({row['declared']})",
        "date as text": f"dates, read as text ({row['declared']})",
    }
    told = [found.get(what, ""), str(row["identifier"])]
    told += [f"{words.count(ahead[name], 'row')} dated in the future"] if name in ahead else []
    return "; ".join(one for one in told if one)


def breaches(record: Record) -> Iterable[Block]:
    """Where later data do not fit the schema."""
    table = record.table(UNIT, "breaches")
    if table is None or table.empty:
        return
    worst = table.sort_values("cells", ascending=False, kind="stable").head(LISTED)
    pinned = record.facts.value(f"{UNIT}.schema_pinned")
    said = "the pinned schema" if pinned else "the schema of the training data"
    yield Table(
        "breaches",
        f"{words.count(int(table['cells'].sum()), 'cell')} do not fit {said}",
        ["data", "column", "breaks", "cells", "" if record.redact else "for example"],
        [_broken(row, record.redact) for _, row in worst.iterrows()],
        facts=(f"{UNIT}.schema_breaches",),
        compact=True,
    )


def _broken(row: pd.Series, redact: bool) -> Row:
    example = "" if redact else examples.short(row["example"], 40)
    told = [str(row["split"]), str(row["column"]), examples.short(row["check"], 60)]
    return [*told, num(int(row["cells"])), example]


def histograms(record: Record) -> Iterable[Block]:
    """The columns that matter most to the model, as small multiples."""
    table, columns = record.table(UNIT, "histograms"), record.table(UNIT, "columns")
    if table is None or table.empty:
        return
    order = [name for name in explained.ranking(record) if name in set(table["column"])]
    shown = (order or list(dict.fromkeys(table["column"])))[:SHOWN]
    table = table[table["column"].isin(shown)]
    spread = _skewed(columns, shown)
    which = "columns that matter most" if order else "measured properties"
    title = (
        f"{words.listing(map(words.quoted, spread))} {'has' if len(spread) == 1 else 'have'} a "
        f"long tail"
        if spread
        else f"The {which} have no long tails"
    )
    plot = (
        alt.Chart(chart.data(table))
        .mark_bar(color=chart.P, stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X(
                "left:Q",
                bin="binned",
                title="value in the column's own unit",
                axis=alt.Axis(tickCount=4),
            ),
            x2="right:Q",
            y=alt.Y("count:Q", title="rows", axis=alt.Axis(tickCount=3)),
        )
        .properties(width=176, height=58)
        .facet(alt.Facet("column:N", title=None, sort=shown), columns=3, spacing=10)
        .resolve_scale(x="independent", y="independent")
    )
    total = int(columns["n"].max()) if columns is not None and "n" in columns else 0
    yield chart.figure(
        "histograms",
        title,
        plot,
        n=words.count(total, "row") if total else "",
        how=f"The {len(shown)} columns the explanations rank first; each axis is its own."
        if order
        else "Properties of the raw data that no model here sees as such; each axis is its own.",
        caution="A model may treat a tail it has rarely seen with unearned confidence.",
        facts=["precaution.profile.columns"],
    )


def _skewed(columns: pd.DataFrame | None, shown: list[str]) -> list[str]:
    if columns is None or not {"mean", "median", "sd"} <= set(columns):
        return []
    known = columns[columns["column"].isin(shown)]
    apart = (known["mean"] - known["median"]).abs() > 0.2 * known["sd"]
    return [str(name) for name in known.loc[apart, "column"]]


def means(record: Record) -> Iterable[Block]:
    """The mean picture of each class, for images."""
    stored = record.arrays(UNIT, "examples")
    if not stored or record.redact:
        return
    figures: list[Figure] = [
        Figure(
            f"mean-{position}",
            name.removeprefix("mean_"),
            picture_input.mean(record, values, 14),
            alt=f"mean picture of {name.removeprefix('mean_')}",
            width=52,
        )
        for position, (name, values) in enumerate(stored.items())
    ]
    yield Heading("mean-pictures", "What each class looks like on average (training data)")
    yield Grid(figures, 10)


def columns(record: Record) -> Iterable[Block]:
    """Location and spread of the columns that matter most."""
    table = record.table(UNIT, "columns")
    if table is None or table.empty:
        return
    order = explained.ranking(record)
    rank = {name: place for place, name in enumerate(order)}
    table = table.assign(place=[rank.get(name, len(rank)) for name in table["column"]])
    shown = table.sort_values("place", kind="stable").head(8)
    keys = [key for key in ("mean", "sd", "min", "median", "max", "missing") if key in table]
    rest = f"{len(table) - len(shown)} further columns: see artifacts" if len(table) > 8 else ""
    yield Table(
        "columns",
        f"{words.count(len(table), 'column')} described"
        + ("; those the model leans on come first" if order else ""),
        ["column", *keys],
        [_described(row, keys, levels(record)) for _, row in shown.iterrows()],
        caution=rest,
        facts=("precaution.profile.columns",),
        compact=True,
    )


def _described(row: pd.Series, keys: list[str], told: dict[str, str]) -> Row:
    """A number per key, or for a category its levels where its mean would stand."""
    name = str(row["column"])
    if name not in told:
        return [name, *(num(row[key]) for key in keys)]
    missing = [num(row["missing"])] if "missing" in keys else []
    gap = len(keys) - len(missing) - 1
    return [name, told[name], *[Cell("–", "number")] * gap, *missing]


def levels(record: Record) -> dict[str, str]:
    """Category → its number of levels and the most frequent one."""
    table, columns = record.table(UNIT, "values"), record.table(UNIT, "columns")
    if table is None or table.empty or columns is None:
        return {}
    top = table.sort_values("count", ascending=False, kind="stable").drop_duplicates("column")
    count = columns.set_index("column")["distinct"]
    return {
        str(row["column"]): f"{words.number(int(count[row['column']]))}, mostly {row['value']}"
        for _, row in top.iterrows()
        if row["column"] in count.index
    }
