"""What the model is for and under which conditions: the soft data that hard data cannot give."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import words
from xaiframe.report.block import Block, Chapter, Note, Page, Row, Table, parts
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
        parts(record, declared, scope, proposed),
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
                "applies": [
                    words.label(u["choice"])
                    for u in units
                    if u not in refused and u.get("kept") != 0
                ],
                "refused": [f"{words.label(u['choice'])} ({u.get('reason', '')})" for u in refused],
                "cut": [
                    f"{words.label(u['choice'])} ({u['cut'].removeprefix('budget: ')})"
                    for u in units
                    if u.get("cut")
                ],
            }
        )
    if record.units:
        yield Page("scope", "_scope.html", {"stages": stages})
    else:
        yield Note("The plan", "not assessed: the run stored no plan")


def proposed(record: Record) -> Iterable[Block]:
    """Which methods were proposed and why, where the recipe names none; and which were not."""
    told = record.plan.get("proposal") or []
    taken = [one for one in told if one["taken"]]
    if not taken:
        return
    audience = words.label(str(record.strategy.get("audience") or "developer"))
    rows: list[Row] = [
        [words.label(one["method"]), one["group"], words.sentence(one["reason"])] for one in taken
    ]
    yield Table(
        "proposed",
        f"{words.count(len(taken), 'method')} proposed, for the recipe names none",
        ["method", "direction", "why"],
        rows,
        how=f"Chosen by rule for the audience ({audience}), the data, the model and the budget; "
        "the stored recipe names them, so that it runs again with the same.",
        compact=True,
    )
    rest: dict[str, list[str]] = {}
    for one in told:
        if not one["taken"]:
            rest.setdefault(one["reason"], []).append(words.label(one["method"]))
    if rest:
        left_out: list[Row] = [
            [words.listing(names, most=99), words.sentence(reason)]
            for reason, names in rest.items()
        ]
        yield Table(
            "not-proposed",
            "Not proposed",
            ["method", "why not"],
            left_out,
            compact=True,
            widths=(46, 54),
        )
