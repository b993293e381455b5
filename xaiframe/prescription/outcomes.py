"""What became of every prescription that rounds applied, as facts."""

from __future__ import annotations

from collections.abc import Sequence

from xaiframe.facts import Fact
from xaiframe.prescription.effects import Effect, harmed


def outcomes(told: Sequence[Effect]) -> list[Fact]:
    """Facts outcome per prescription and the last round that tells of it: ``in force``,
    ``in force, credit shared`` and ``taken back, not told apart`` where others promised the same
    fact, ``taken back``, ``on trial`` before it is known; taken_back and not_told_apart count them.
    Empty where none was applied.
    """
    last: dict[tuple[str, int], list[Effect]] = {}
    for one in told:
        if one.applied and not one.superseded:
            last.setdefault((one.prescription, one.round), []).append(one)
    if not last:
        return []
    facts = [
        Fact("outcome", _outcome(own), labels={"prescription": key, "round": str(number)})
        for (key, number), own in last.items()
    ]
    words = [str(fact.value) for fact in facts]
    return [
        *facts,
        _count("taken_back", [one.startswith("taken back") for one in words]),
        _count("not_told_apart", [one.endswith("not told apart") for one in words]),
    ]


def _outcome(effects: Sequence[Effect]) -> str:
    """Of one prescription, whose fact may have several columns."""
    if any(one.taken_back for one in effects):
        return "taken back" + ", not told apart" * any(one.blind for one in effects)
    if any(one.shared for one in effects) and harmed(effects):
        return "on trial"
    credit = any(one.verdict == "kept" and one.shared for one in effects)
    return "in force" + ", credit shared" * credit


def _count(name: str, which: Sequence[bool]) -> Fact:
    return Fact(name, sum(which), "prescriptions", n=len(which), better="lower")
