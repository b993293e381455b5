"""The traffic lights of the precautionary step: each check, its judgement, what it measured."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from types import ModuleType

from xaiframe.facts import ORDER, Fact, Finding
from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Row, Table, num, status
from xaiframe.report.record import ABSENT, Record

ROOM = "xaiframe.report.checks"


def drawing(check: str) -> ModuleType | None:
    """What draws a check, None for one that is not of this house."""
    name = f"{ROOM}.{check}"
    known = check.isidentifier() and importlib.util.find_spec(name) is not None
    return importlib.import_module(name) if known else None


def lights(record: Record) -> Iterable[Block]:
    """One row per check: the worst finding about it, and its headline facts."""
    rows: list[Row] = [row(record, check) for check in record.choices("precaution")]
    if not rows:
        return
    yield Table(
        "lights",
        summary(record),
        ["check", "judged", "what was measured", "n", "limit"],
        rows,
        widths=(17, 13, 49, 8, 13),
        how="The mark is the policy's judgement of the worst fact of each check.",
        caution="A passed check shows that this fault was not found, not that the data are right.",
    )


def row(record: Record, check: str) -> list[Cell | str]:
    """One check: worst judgement, headline facts, limit."""
    facts = record.facts.within(f"precaution.{check}")
    name = words.sentence(words.label(check))
    if not [fact for fact in facts if fact.quantity not in ABSENT]:
        why = record.absence(f"precaution.{check}")
        return [name, status("not_assessed"), why, Cell("–", "number"), ""]
    found = worst(record, check)
    light = status(found.status) if found else Cell("measured, no rule", "status")
    drawn = drawing(check)
    shown = [
        fact
        for key in (drawn.HEADLINE if drawn else ())
        for fact in facts.where(f"precaution.{check}.{key}")[:1]
    ]
    shown = shown or unlabelled(facts)
    sizes = [one.n for one in (found, *shown) if one is not None and one.n is not None]
    text = "; ".join(measured(fact) for fact in shown)
    limit = found.threshold if found else ""
    return [name, light, text, num(sizes[0]) if sizes else Cell("–", "number"), limit]


def measured(fact: Fact) -> str:
    """A fact in words, with its interval."""
    if fact.value is None:
        return f"{words.label(fact.quantity)}: {fact.reason or 'not measured'}"
    spread = f" ({words.interval(fact.interval)})" if fact.interval else ""
    about = f" ({words.listing(map(str, fact.labels.values()))})" if fact.labels else ""
    return f"{words.label(fact.quantity)} {words.measured(fact.value, fact.unit)}{spread}{about}"


def unlabelled(facts: Iterable[Fact]) -> list[Fact]:
    """The first facts that speak for the whole data set."""
    return [fact for fact in facts if not fact.labels][:3]


def judged_by(record: Record, prefix: str) -> list[Finding]:
    """Findings about facts whose name starts with ``prefix``, the gravest first."""
    found = [finding for finding in record.findings if finding.fact.startswith(prefix)]
    return sorted(found, key=lambda finding: ORDER.index(finding.status))


def worst(record: Record, check: str) -> Finding | None:
    """The gravest finding about a check, None where no rule judges it."""
    return next(iter(judged_by(record, f"precaution.{check}.")), None)


def summary(record: Record) -> str:
    """The outcome of all data rules as a sentence."""
    judged = [f for f in judged_by(record, "precaution.") if f.status != "not_assessed"]
    bad = [f for f in judged if f.status in ("fail", "error")]
    odd = [f for f in judged if f.status in ("warn", "undecided")]
    if not judged:
        return "The checks were run; the policy judges none of them"
    if not bad and not odd:
        return f"All {words.count(len(judged), 'rule')} on the data passed"
    failed = f"{len(bad)} failed" if bad else "none failed"
    rules = words.count(len(judged), "rule")
    return f"Of {rules} on the data {failed}, {len(odd)} gave a warning or stayed undecided"
