"""Does what was computed here hold against the libraries that have the same methods?"""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import Fact
from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Row, Table, status
from xaiframe.report.record import Record

UNIT = "evaluation.cross_check"
TELLING = 0.5
"""Chance may move a method by at most this share before the comparison says nothing."""


def beside_libraries(record: Record) -> Iterable[Block]:
    """One row per method: how far the library lies, and how far chance alone moves either."""
    facts = record.facts.where(f"{UNIT}.deviation")
    if not facts:
        return
    asked = max(fact.n or 0 for fact in facts)
    yield Table(
        "cross-check",
        _title(record, facts),
        ["method", "library", "deviation", "re-seeded here", "library re-seeded", "verdict"],
        [_row(record, fact) for fact in facts],
        n=f"{words.count(asked, 'instance')} each",
        how="Deviation: the largest difference between what is computed here and by the library, "
        "over the same background, target, scale and features, as a share of the largest "
        "attribution; means of three seeds where a method draws at random. Re-seeded: the largest "
        "difference between two seeds of one side. More than twice that is more than chance.",
        caution="Two programs that agree can still be wrong about the model in the same way.",
        facts=(f"{UNIT}.deviation", f"{UNIT}.allowed"),
        compact=True,
        widths=(22, 15, 14, 14, 14, 21),
    )


def _row(record: Record, fact: Fact) -> Row:
    def other(quantity: str) -> Fact | None:
        return record.facts.one(f"{UNIT}.{quantity}", method=fact.labels["method"])

    return [
        words.sentence(words.label(fact.labels["method"])),
        f"{fact.labels['library']} {fact.source.version}",
        _share(fact),
        _share(other("own_error")),
        _share(other("library_error")),
        _verdict(record, fact),
    ]


def _share(fact: Fact | None) -> Cell:
    """A share of the largest attribution in percent; below rounding only that it is so."""
    if fact is None or not isinstance(fact.value, (int, float)):
        return Cell("–", "number")
    percent = 100 * float(fact.value)
    small = percent < 0.001
    return Cell("< 0.001 %" if small else f"{words.number(percent, digits=2)} %", "number", percent)


def _verdict(record: Record, fact: Fact) -> Cell:
    method = fact.labels["method"]
    if fact.value is None:
        return status("not_assessed", fact.reason)
    if not record.facts.value(f"{UNIT}.within", method=method):
        return status("warn", "more than chance")
    return (
        status("pass", "the same") if _telling(record, fact) else status("undecided", "too noisy")
    )


def _telling(record: Record, fact: Fact) -> bool:
    """Whether chance leaves room for a deviation to be seen."""
    allowed = record.facts.value(f"{UNIT}.allowed", method=fact.labels["method"])
    return isinstance(allowed, (int, float)) and allowed <= TELLING


def _title(record: Record, facts: Iterable[Fact]) -> str:
    compared = [fact for fact in facts if fact.value is not None]
    within = {
        fact.labels["method"]: record.facts.value(f"{UNIT}.within", method=fact.labels["method"])
        for fact in compared
    }
    off = [words.label(method) for method, kept in within.items() if not kept]
    if off:
        verb = "lies" if len(off) == 1 else "lie"
        return words.sentence(
            f"{words.listing(off)} {verb} farther from the library than chance can"
        )
    same = [fact for fact in compared if _telling(record, fact)]
    libraries = words.listing(dict.fromkeys(fact.labels["library"] for fact in compared))
    if not same:
        return "No method could be held against a library"
    if len(same) == len(compared) == 1:
        return (
            f"{words.sentence(words.label(same[0].labels['method']))} is what {libraries} computes"
        )
    many = f"All {len(same)}" if len(same) == len(compared) else f"{len(same)} of {len(compared)}"
    verb = "compute" if " and " in libraries else "computes"
    return f"{many} methods computed here give what {libraries} {verb}"
