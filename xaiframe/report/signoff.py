"""The page people sign."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import words
from xaiframe.report.block import Block, Chapter, Page, parts
from xaiframe.report.record import Record

ROLES = ("Model owner", "Domain expert", "Independent reviewer")


def chapter(record: Record) -> Chapter:
    """The page of signatures."""
    return Chapter("signoff", "Sign-off", "Who answers for this?", parts(record, page), fresh=True)


def page(record: Record) -> Iterable[Block]:
    """One line per role; a role without a name leaves room for one."""
    named = dict(record.strategy.get("signatories") or {})
    owner = str(record.strategy.get("owner") or "")
    people = named or {role: owner if role == "Model owner" else "" for role in ROLES}
    open_ = [f for f in record.findings if f.status in ("error", "fail", "warn", "undecided")]
    verdict = record.verdict
    yield Page(
        "signatures",
        "_signoff.html",
        {
            "people": [
                {"role": words.label(str(role)), "name": str(name or "")}
                for role, name in people.items()
            ],
            "recipe": record.manifest.get("recipe_digest") or "not recorded",
            "model": record.manifest.get("model_digest") or "not recorded",
            "created": str(record.manifest.get("created") or "not recorded")[:10],
            "verdict": verdict.status if verdict else "undecided",
            "open": [words.label(f.rule) for f in open_],
            "fallback": words.stop(record.strategy.get("fallback") or "not declared"),
        },
    )
