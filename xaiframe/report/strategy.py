"""What the model is for and under which conditions: the soft data that hard data cannot give."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import words
from xaiframe.report.block import Block, Chapter, Note, Page, parts
from xaiframe.report.record import Record

SAID = {
    "purpose": "Purpose",
    "intended_use": "Intended use",
    "out_of_scope": "Must not be used for",
    "risk": "Risk",
    "audience": "Written for",
    "owner": "Owner",
    "mitigation": "Mitigation",
    "fallback": "Where it should not decide",
}

SHOWN = ("precaution", "repair", "intrinsic", "perturbation", "gradient", "evaluation", "tuning")


def chapter(record: Record) -> Chapter:
    """What was declared and what was planned."""
    return Chapter(
        "strategy",
        "Strategy",
        "What is it for, and who answers for it?",
        parts(record, declared, scope),
    )


def declared(record: Record) -> Iterable[Block]:
    """Every declaration; what was not declared says so."""
    strategy = record.strategy
    entries = [
        {"term": name, "text": words.label(str(strategy.get(key) or ""))}
        for key, name in SAID.items()
    ]
    entries.append(
        {
            "term": "Sensitive features",
            "text": words.listing(map(str, strategy.get("sensitive") or [])),
        }
    )
    yield Page("declared", "_strategy.html", {"entries": entries})


def scope(record: Record) -> Iterable[Block]:
    """What was planned, stage by stage, and what could not be applied."""
    stages = []
    for name in SHOWN:
        units = [u for key, u in record.units.items() if key.startswith(f"{name}.")]
        if name == "intrinsic" and not units:
            continue  # asked for by few
        refused = [u for u in units if not u.get("applies", True)]
        stages.append(
            {
                "name": name,
                "applies": [words.label(u["choice"]) for u in units if u not in refused],
                "refused": [f"{words.label(u['choice'])} ({u.get('reason', '')})" for u in refused],
            }
        )
    if record.units:
        yield Page("scope", "_scope.html", {"stages": stages})
    else:
        yield Note("The plan", "not assessed: the run stored no plan")
