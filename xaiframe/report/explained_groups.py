"""Is every group of people explained alike?"""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import Fact
from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Note, Row, Table, fact_cell
from xaiframe.report.record import Record

UNIT = "evaluation.explanation_fairness"
MEASURES = {"agreement": "P and G agree", "faithfulness": "foretold losses"}


def explained_groups(record: Record) -> Iterable[Block]:
    """One row per group: agreement of the two directions, and faithfulness."""
    facts = [fact for fact in record.facts.within(UNIT) if "group" in fact.labels]
    if not facts:
        if record.strategy.get("sensitive") and UNIT in record.units:
            yield Note("Explanations by group", record.absence(UNIT))
        return
    shown = [name for name in MEASURES if any(fact.quantity == name for fact in facts)]
    places = dict.fromkeys((fact.labels["column"], fact.labels["group"]) for fact in facts)
    rows: list[Row] = []
    for column, group in places:
        of = {
            name: record.facts.one(f"{UNIT}.{name}", column=column, group=group) for name in shown
        }
        size = max((fact.n or 0 for fact in of.values() if fact), default=0)
        rows.append(
            [column, group, Cell(str(size), "number"), *(fact_cell(one) for one in of.values())]
        )
    yield Table(
        "explained-groups",
        _title(record, shown),
        ["column", "group", "n", *(MEASURES[name] for name in shown)],
        rows,
        how="P and G agree: mean rank correlation of the two directions on an instance. Foretold "
        "losses: correlation of attribution and what the score loses, over random sets of "
        "features.",
        caution="Explained instances are few; a group of fewer than the declared number is left "
        "out.",
        facts=tuple(f"{UNIT}.{name}" for name in shown),
    )


def _title(record: Record, shown: list[str]) -> str:
    wide = [
        (gap, MEASURES[name])
        for name in shown
        for gap in record.facts.where(f"{UNIT}.{name}_gap")
        if _beyond(record, gap)
    ]
    if not wide:
        return "No group is explained worse than another beyond chance"
    gap, said = wide[0]
    return (
        f"{words.quoted(gap.labels['lowest'])} is explained worse than "
        f"{words.quoted(gap.labels['highest'])} ({gap.labels['column']}): {said} "
        f"{words.number(gap.value)} lower"
    )


def _beyond(record: Record, gap: Fact) -> bool:
    chance = record.facts.one(f"{gap.name}_null95", column=gap.labels["column"])
    return bool(chance and chance.value is not None and gap.value > chance.value)  # type: ignore[operator]
