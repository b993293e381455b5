"""Data and precaution: traffic lights, what the data are, then each check with a finding."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import Finding, Prescription
from xaiframe.report import lights, loading, words
from xaiframe.report.block import (
    Block,
    Cell,
    Chapter,
    Figure,
    Grid,
    Heading,
    Prose,
    Row,
    Table,
    num,
    parts,
    status,
)
from xaiframe.report.checks import imbalance, profile
from xaiframe.report.record import Record

OPEN = ("error", "fail", "warn", "undecided")
NARROW = 330
"""Width in CSS pixels up to which two figures fit side by side."""


def chapter(record: Record) -> Chapter:
    """Traffic lights first, then what the data are, then each check that found something."""
    blocks = parts(record, loading.noticed, loading.damage, lights.lights)
    drawn: list[Block] = []
    for check in troubled(record):
        drawn += section(record, check)
    if "profile" not in troubled(record):
        blocks += paired(parts(record, profile.found))
    if "imbalance" not in troubled(record):
        blocks += parts(record, imbalance.found)
    return Chapter(
        "precaution",
        "Data and precaution",
        "Could the data mislead the model?",
        [*blocks, *drawn],
        fresh=True,  # the traffic lights are one page
    )


def troubled(record: Record) -> list[str]:
    """The checks that found something, in the order they were run."""
    found = {check: lights.worst(record, check) for check in record.choices("precaution")}
    return [check for check, one in found.items() if one is not None and one.status in OPEN]


def section(record: Record, check: str) -> list[Block]:
    """What a check found: the rules it broke, the pictures behind them, and the repair."""
    head = Heading(f"check-{check}", words.sentence(words.label(check)))
    drawn = lights.drawing(check)
    pictures = paired(parts(record, drawn.found)) if drawn else []
    return [head, *broken(record, check), *pictures, *repair(record, check)]


def broken(record: Record, check: str) -> Iterable[Block]:
    """Every rule on the check that did not simply pass."""
    found = [f for f in lights.judged_by(record, f"precaution.{check}.") if f.status in OPEN]
    yield Table(
        f"broken-{check}",
        words.sentence(_message(found[0]) or found[0].reason),
        ["judged", "finding", "measured", "n", "limit", "source"],
        [_finding(one) for one in found],
        widths=(12, 36, 18, 8, 13, 13),
        compact=True,
    )


def _message(found: Finding) -> str:
    """What was found; the limit it was held against has a column of its own."""
    limit = f", {found.threshold}"
    return found.message.replace(limit, "", 1) if found.threshold else found.message


def _finding(found: Finding) -> Row:
    told = _message(found) or words.label(found.rule)
    extra = f": {found.reason}" if found.reason and found.reason not in told else ""
    value = (
        num(found.value, found.unit, found.interval)
        if found.value is not None
        else Cell("–", "number")
    )
    n = Cell("–", "number") if found.n is None else num(found.n)
    return [status(found.status), f"{told}{extra}", value, n, found.threshold, found.source]


def repair(record: Record, check: str) -> Iterable[Block]:
    """What is prescribed because of the check, and what that should change."""
    wanted = [one for one in record.prescriptions if _because_of(record, one, check)]
    if wanted:
        yield Prose([_told(one) for one in wanted], title="Repair")


def _because_of(record: Record, item: Prescription, check: str) -> bool:
    rule = (record.recipe.get("prescription") or {}).get(item.key) or {}
    return f"precaution.{check}." in str(rule.get("when", ""))


def _told(item: Prescription) -> str:
    settings = words.listing(f"{key} = {value}" for key, value in item.overrides.items())
    how = "a further round applies it" if item.automatic else "a person decides"
    how = "accepted by the recipe's owner" if item.accepted else how
    expected = item.expect.get("fact", "")
    hope = f" Expected: {expected} becomes {item.expect.get('direction')}." if expected else ""
    does = f" Sets {settings} ({how})." if settings else ""
    return f"{words.sentence(words.label(item.key))}: {item.because.strip()}{does}{hope}"


def paired(blocks: list[Block]) -> list[Block]:
    """Half-width figures that follow each other two by two."""
    made: list[Block] = []
    for block in blocks:
        before = made[-1] if made else None
        if _narrow(block) and isinstance(before, Figure) and _narrow(before):
            made[-1] = Grid([before, block], 2)
        else:
            made.append(block)
    return made


def _narrow(block: Block) -> bool:
    wide = (block.spec or {}).get("width") if isinstance(block, Figure) else None
    return isinstance(wide, (int, float)) and wide <= NARROW
