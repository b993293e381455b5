"""Drift from one split to another: which columns moved, beside what chance would move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import altair as alt
import pandas as pd

from xaiframe.facts import Fact
from xaiframe.report import chart, words
from xaiframe.report.block import Block, Prose, Row, Table, fact_cell, num
from xaiframe.report.record import Record

HEADLINE = ("drifted_share", "domain_auc", "label_drift")
UNIT = "precaution.data_drift"
SPLITS = {"train": "training", "validation": "validation", "test": "test"}
SHOWN = 8
WHOLES = (
    ("inputs taken together", "domain_auc", "domain_null_upper"),
    ("target", "label_drift", "label_drift_null99"),
    ("what the model makes of the inputs", "embedding_auc", "embedding_null_upper"),
    ("the model's answers", "prediction_drift", "prediction_drift_null99"),
)
"""What is compared as a whole, its fact, and the fact of what chance alone shows."""
FITTED = {"embedding_auc", "prediction_drift"}


def found(record: Record) -> Iterable[Block]:
    """Stability per column, the splits as a whole, and the columns that tell them apart."""
    yield from columns(record)
    yield from giveaways(record)
    yield from wholes(record)
    yield from cost(record)


def cost(record: Record) -> Iterable[Block]:
    """What the shift is expected to cost, where it can be told."""
    fact = record.facts.one(f"{UNIT}.expected_loss")
    if fact is None or not isinstance(fact.value, float) or fact.interval is None:
        return
    old, new = compared(record, fitted=True)
    low, high = fact.interval
    worth = "worse" if low > 0 else "better" if high < 0 else "neither better nor worse"
    told = (
        f"On {old} rows that look like {new} rows the model does {worth}: {fact.unit} "
        f"{-fact.value:+.3f} ({-high:+.3f} to {-low:+.3f}), n {fact.n}. "
        f"Each {old} row counts by how much likelier it is among the {new} rows; no label of those "
        "was read. This holds where the same inputs still mean the same target."
    )
    yield Prose([told], "What the shift is expected to cost")


def compared(record: Record, fitted: bool = False) -> tuple[str, str]:
    """The splits compared, as the recipe names them; ``fitted``: those whose answers are, where
    validation stands for training rows that the model learnt from."""
    chosen = record.recipe.get("precaution")
    node = chosen.get("data_drift") if isinstance(chosen, Mapping) else None
    given = node if isinstance(node, Mapping) else {}
    names = str(given.get("reference", "train")), str(given.get("current", "test"))
    if fitted and names == ("train", "test"):
        names = "validation", "test"
    return SPLITS.get(names[0], names[0]), SPLITS.get(names[1], names[1])


def columns(record: Record) -> Iterable[Block]:
    """Population stability per column beside what chance alone would give."""
    table = record.table(UNIT, "columns")
    known = pd.DataFrame() if table is None else table.dropna(subset="psi")
    if known.empty:
        return
    old, new = compared(record)
    shown = known.sort_values("psi", ascending=False, kind="stable").head(SHOWN)
    above = int(known["drifted"].sum())
    base = alt.Chart(chart.data(shown)).encode(y=alt.Y("column:N", title=None, sort=None))
    bars = base.mark_bar(color=chart.P).encode(
        x=alt.X("psi:Q", title=f"population stability index, {old} → {new}")
    )
    null = base.mark_tick(color=chart.INK, thickness=2, size=12).encode(x="psi_null95:Q")
    yield chart.figure(
        "drift",
        f"{words.count(above, 'column') if above else 'No column'} of {len(known)} drifted "
        f"between {old} and {new}",
        chart.fit(bars + null, chart.HALF, 40 + 18 * len(shown)),
        how="Bars: measured shift. Tick: what 95 of 100 samples without any shift stay below.",
        caution="Both splits come from one source; a new clinic, sensor or year is another test.",
        facts=[f"{UNIT}.psi", f"{UNIT}.psi_null95"],
    )


def giveaways(record: Record) -> Iterable[Block]:
    """The columns by which a classifier tells the splits apart, where it does so beyond chance."""
    table = record.table(UNIT, "domain")
    auc, chance = (record.facts.one(f"{UNIT}.{name}") for name in WHOLES[0][1:])
    if table is None or table.empty or not beyond(auc, chance):
        return
    old, new = compared(record)
    shown = table.head(SHOWN)
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("importance:Q", title="AUC lost without the column"),
        y=alt.Y("column:N", title=None, sort=None),
        tooltip=["column:N", "importance:Q"],
    )  # fmt: skip
    yield chart.figure(
        "joint-drift",
        f"{words.quoted(words.shortened(shown.iloc[0]['column']))} does most to tell {new} from "
        f"{old} rows",
        chart.fit(plot, chart.HALF, 40 + 18 * len(shown)),
        n=words.count(int((auc.n if auc else 0) or 0), "row"),
        how="A classifier learns which split a row comes from; a bar is what it loses when it no "
        "longer sees the column.",
        caution="Columns that say the same stand in for each other: both may then look harmless.",
        facts=[f"{UNIT}.domain_auc"],
    )


def wholes(record: Record) -> Iterable[Block]:
    """Inputs, target and the model's view of them, each held against chance."""
    told = [
        (name, fact, record.facts.one(f"{UNIT}.{limit}"), key in FITTED)
        for name, key, limit in WHOLES
        if (fact := record.facts.one(f"{UNIT}.{key}")) is not None
    ]
    if not told:
        return
    moved = [name for name, fact, limit, _ in told if beyond(fact, limit)]
    title = f"Beyond chance differ: {words.listing(moved)}"
    yield Table(
        "whole-drift",
        title if moved else "As a whole, nothing differs between the splits beyond chance",
        ["compared", "splits", "measure", "value", "chance", "n"],
        [_row(record, *one) for one in told],
        how="AUC: how well a classifier tells the splits apart, from 0.5 (not at all) to 1. "
        "Chance: what it reaches once the splits are shuffled (mean and three standard "
        "deviations), or what 99 of 100 samples without drift stay below.",
        caution=_aside(record) if any(fitted for *_, fitted in told) else "",
        facts=tuple(f"{UNIT}.{key}" for _, key, _ in WHOLES),
        compact=True,
    )


def beyond(fact: Fact | None, chance: Fact | None) -> bool:
    """Whether a value lies above what chance alone shows; unknown is not beyond."""
    known = [one.value for one in (fact, chance) if one is not None]
    numbers = [one for one in known if isinstance(one, (int, float))]
    return len(numbers) == 2 and numbers[0] > numbers[1]


def _row(record: Record, name: str, fact: Fact, chance: Fact | None, fitted: bool) -> Row:
    limit = None if chance is None else chance.value
    n = num(fact.n) if fact.n is not None else "–"
    arrow = " → ".join(compared(record, fitted))
    return [name, arrow, fact.unit, fact_cell(fact), num(limit) if limit is not None else "–", n]


def _aside(record: Record) -> str:
    if compared(record) == compared(record, fitted=True):
        return ""
    return (
        "What the model makes of the rows it learnt from differs from any others, so that the "
        "validation rows stand for them."
    )
