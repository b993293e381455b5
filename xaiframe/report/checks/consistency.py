"""Consistency: the rows that repeat others, train, test or contradict."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import words
from xaiframe.report.block import Block, Table, num
from xaiframe.report.record import Record

HEADLINE = ("duplicate_share", "conflicting_share", "leakage_share")


def found(record: Record) -> Iterable[Block]:
    """A short list of offending rows, left out when nothing was found or rows must not be shown."""
    table = record.table("precaution.consistency", "duplicates")
    if table is None or table.empty or record.redact:
        return
    kinds = table["kind"].value_counts()
    title = words.listing(f"{words.label(str(kind))}: {amount}" for kind, amount in kinds.items())
    yield Table(
        "duplicates",
        f"Rows that repeat ({title})",
        ["row", "in", "repeats row", "in", "kind"],
        [
            [
                num(r["id"]),
                str(r["split"]),
                num(r["other_id"]),
                str(r["other_split"]),
                words.label(str(r["kind"])),
            ]
            for _, r in table.head(6).iterrows()
        ],
        caution=f"{len(table) - 6} more: see artifacts." if len(table) > 6 else "",
        facts=("precaution.consistency.duplicate_share", "precaution.consistency.leakage_share"),
        compact=True,
    )
