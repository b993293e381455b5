"""What to do next, as overrides to paste; and what earlier rounds' changes did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from xaiframe.facts import Prescription
from xaiframe.prescription.overrides import conflicts
from xaiframe.report import effects, moved, rounds, words
from xaiframe.report.block import (
    Block,
    Cell,
    Chapter,
    Note,
    Page,
    Row,
    Table,
    parts,
)
from xaiframe.report.record import Record
from xaiframe.report.repairs import repairs

TRIED = "tried in this run and taken back; no further round applies it"


def chapter(record: Record) -> Chapter:
    """What earlier changes did, then what to change next."""
    done = (
        rounds.applied,
        rounds.same_rows,
        moved.gaps,
        moved.reliance,
        effects.effects,
        rounds.compared,
    )
    blocks = parts(record, *done, repairs, prescribed, disputed)
    if not record.prescriptions and not record.effects:
        none = "none: no declared rule fired on the facts of this run"
        blocks = [*parts(record, repairs), Note("Prescriptions", none)]
    return Chapter(
        "prescriptions", "What to do", "What should be changed, and what did changes do?", blocks
    )


def prescribed(record: Record) -> Iterable[Block]:
    """Each prescription with the command that applies it."""
    recipe = str(record.recipe.get("name", "recipe"))
    for item in record.prescriptions:
        overrides = [override(key, value) for key, value in item.overrides.items()]
        yield Page(
            f"prescription-{item.key}",
            "_prescription.html",
            {
                "title": words.sentence(words.label(item.key)),
                "relation": words.label(item.relation),
                "because": item.because,
                "fired_by": list(item.fired_by),
                "command": f"xaiframe run recipes/{recipe}.yaml " + " ".join(overrides)
                if overrides
                else "",
                "by": TRIED if rounds.taken_back(record, item) else by(item),
                "expect": rounds.expected(item) if item.expect else "",
            },
        )


def by(item: Prescription) -> str:
    """Who puts a prescription into force."""
    if not item.overrides:
        return "to be done where the model is trained"
    if item.accepted:
        return "accepted by the recipe's owner, applied by a further round"
    if item.automatic:
        return "applied by a further round"
    return f"to be applied by hand, or by rounds=2 and accept=[{item.key}]"


def override(key: str, value: Any) -> str:
    """``'key=value'`` quoted for a shell, the value in the flow style the command line reads."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    text = text.strip("\n").removesuffix("...").strip("\n")
    return "'" + f"{key}={text}".replace("'", "'\\''") + "'"


def disputed(record: Record) -> Iterable[Block]:
    """Settings that two prescriptions want differently, and which prevails."""
    rows: list[Row] = [
        [
            Cell(one.key, "code"),
            "; ".join(f"{words.label(key)}: {value}" for key, value in one.values.items()),
            f"{words.label(one.kept)} prevails" if one.kept else "none is applied",
            one.reason,
        ]
        for one in conflicts(record.prescriptions)
    ]
    if rows:
        yield Table(
            "conflicts",
            f"{words.sentence(words.count(len(rows), 'setting'))} that prescriptions dispute",
            ["setting", "wanted", "applied", "because"],
            rows,
        )
