"""What the fit learnt from: each repair of the training rows, with its counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Note, Prose, Row, Table, num
from xaiframe.report.record import Record

COUNTED = ("dropped", "added", "relabelled", "changed")
WEIGHTS = ("least_weight", "largest_weight", "effective_rows")
NAMING = {"masked": "holds still", "penalised": "makes the fit pay for leaning on"}
"""Table of the features that a repair is about → what it does to them."""
NAMED = 8
"""Changed rows named in print."""
LONGEST = 40
"""Letters of a target's name."""


def repairs(record: Record) -> Iterable[Block]:
    """One row per repair of this run, then some of the rows that it changed, and the repairs that
    did not apply."""
    chosen = record.choices("repair")
    applied = [one for one in chosen if record.facts.one(f"repair.{one}.rows_after")]
    if applied:
        yield counts(record, applied)
        yield from named(record, applied)
        if not record.redact:
            yield from changed(record, applied)
    refused = [one for one in chosen if one not in applied]
    if refused:
        told = [f"{words.label(one)}: {record.absence(f'repair.{one}')}" for one in refused]
        yield Note("Repairs that changed nothing", "; ".join(told))


def counts(record: Record, applied: Sequence[str]) -> Table:
    """What each repair did to the training rows, in their order."""
    first, last = (
        record.facts.value(f"repair.{one}.{name}")
        for one, name in ((applied[0], "rows_before"), (applied[-1], "rows_after"))
    )
    return Table(
        "repairs",
        f"What the fit learnt from: {words.number(first)} training rows became "
        f"{words.number(last)}",
        ["repair", "rows", *COUNTED, "weights", "count as"],
        [_row(record, one) for one in applied],
        how="In this order, each on what the one before left. Weights: smallest and largest, the "
        "mean is 1. Count as: Kish's effective number of rows. Every row changed stands in "
        "artifacts/repair.*/changes.",
        caution="Only the fit saw this. Checks, scores and explanations read the data as they "
        "are, and validation and test rows were not touched.",
        facts=tuple(f"repair.{one}.rows_after" for one in applied),
        compact=True,
    )


def _row(record: Record, repair: str) -> Row:
    def value(name: str) -> float | None:
        found = record.facts.value(f"repair.{repair}.{name}")
        return float(found) if isinstance(found, (int, float)) else None

    low, high, effective = (value(name) for name in WEIGHTS)
    return [
        words.sentence(words.label(repair)),
        _whole(value("rows_after")),
        *(_whole(value(f"{kind}_rows")) for kind in COUNTED),
        Cell("–" if low is None or high is None else words.interval((low, high)), "number"),
        _whole(effective) if effective is not None else Cell("–", "number"),
    ]


def _whole(value: float | None) -> Cell:
    return num(None if value is None else round(value))


def named(record: Record, applied: Sequence[str]) -> Iterable[Block]:
    """The features that a repair keeps from the network, or makes dear to lean on."""
    told = []
    for repair in applied:
        for name, what in NAMING.items():
            table = record.table(f"repair.{repair}", name)
            if table is not None and len(table):
                features = words.listing([_part(row) for _, row in table.iterrows()])
                told.append(f"{words.sentence(words.label(repair))} {what} {features}.")
    if told:
        yield Prose(told)


def _part(row: pd.Series) -> str:
    """A feature's name, with how much of it where not all of it is meant."""
    name, held, elements = words.quoted(row["feature"]), row.get("held"), row.get("elements")
    return name if held == elements else f"{held} of {elements} elements of {name}"


def changed(record: Record, applied: Sequence[str]) -> Iterable[Block]:
    """The first rows dropped or relabelled, whose targets a person may want to look at."""
    rows: list[Row] = []
    for repair in applied:
        table = record.table(f"repair.{repair}", "changes")
        if table is None:
            continue
        told = table[table["change"].isin(["dropped", "relabelled"])]
        rows += [_change(repair, one) for _, one in told.head(NAMED).iterrows()]
    if rows:
        yield Table(
            "repaired-rows",
            "Rows that the fit did not see as they were, the first of each repair",
            ["repair", "row", "what", "target before", "after"],
            rows[:NAMED],
            compact=True,
        )


def _change(repair: str, one: pd.Series) -> Row:
    targets = [str(one[name])[:LONGEST] or "–" for name in ("before", "after")]
    row = num(int(one["id"]))
    return [words.sentence(words.label(repair)), row, str(one["change"]), *targets]
