"""What reading the source noticed, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import Fact
from xaiframe.report import words
from xaiframe.report.block import Block, Prose, Row, Table
from xaiframe.report.record import Record

SHOWN = 12
USUAL = {"rows", "features", "classes", "modality", "task", "origin", "digest"}
USUAL |= {"damaged", "damaged_share"}
"""Facts of every source, told on the cover and in the record."""


def noticed(record: Record) -> Iterable[Block]:
    """What was done to the source on the way in, one sentence per fact."""
    facts = [
        fact
        for fact in record.facts.within("data.load")
        if fact.quantity not in USUAL and fact.value not in (None, 0, "")
    ]
    if facts:
        told = "; ".join(_told(fact) for fact in facts[:SHOWN])
        more = f"; and {len(facts) - SHOWN} more" if len(facts) > SHOWN else ""
        yield Prose([f"On reading the source: {told}{more}."])


def _told(fact: Fact) -> str:
    name, where = words.label(fact.quantity), ", ".join(fact.labels.values())
    said = fact.value if isinstance(fact.value, str) else words.number(fact.value, fact.unit)
    return f"{name}{f' ({where})' if where else ''}: {said}"


def damage(record: Record) -> Iterable[Block]:
    """What was left out because it could not be read, and why."""
    table = record.table("data.load", "damage")
    share = record.facts.value("data.load.damaged_share")
    if table is None or table.empty or not isinstance(share, (int, float)):
        return
    rows: list[Row] = [
        [str(row["place"]), words.sentence(str(row["message"])), str(row["hint"])]
        for _, row in table.head(SHOWN).iterrows()
    ]
    rest = len(table) - len(rows)
    yield Table(
        "damage",
        f"{words.count(len(table), 'part')} of the source could not be read and were left out",
        ["where", "what", "what would be right"],
        rows,
        how=f"That is {words.number(100 * share)} % of what was there."
        + (f" {rest} more are in artifacts/data.load/damage.parquet." if rest else ""),
        caution="What is left out may differ from what is kept.",
        facts=("data.load.damaged", "data.load.damaged_share"),
        compact=True,
    )
