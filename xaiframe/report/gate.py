"""The policy gate: failures first, passes folded, what was not judged as a group of its own."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import ORDER, Finding
from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Chapter, Note, Page, Table, num, parts, status
from xaiframe.report.record import Record

OPEN = ("error", "fail", "warn", "undecided", "waived")

HOMES = {
    "strategy": "strategy",
    "data": "precaution",
    "precaution": "precaution",
    "model": "performance",
    "probe": "importance",
    "intrinsic": "otherwise",
    "perturbation": "importance",
    "gradient": "importance",
    "evaluation": "evaluation",
    "tuning": "tuning",
}
"""Stage → chapter that shows its facts."""


def chapter(record: Record) -> Chapter:
    """Broken rules, passed rules, rules without anything to judge."""
    blocks = parts(record, judged, passed, unjudged)
    if not record.findings:
        blocks = [Note("Policy", "could not be judged: the run stored no findings")]
    return Chapter("gate", "Policy gate", "Which rules were broken?", blocks)


def where(finding: Finding) -> str:
    """The chapter that proves a finding."""
    stage = finding.fact.partition(".")[0]
    choice = finding.fact.split(".")[1] if finding.fact.count(".") else ""
    return "knowledge" if choice == "knowledge" else HOMES.get(stage, "gate")


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Findings from the one that matters most to the one that matters least."""
    return sorted(findings, key=lambda finding: ORDER.index(finding.status))


def judged(record: Record) -> Iterable[Block]:
    """Everything that did not simply pass, the gravest first."""
    shown = [f for f in ordered(record.findings) if f.status in OPEN]
    total = len([f for f in record.findings if f.status != "not_assessed"])
    if not shown:
        yield Note("Nothing to answer", f"All {words.count(total, 'judged rule')} passed.")
        return
    yield Table(
        "findings",
        f"{len(shown)} of {words.count(total, 'judged rule')} did not simply pass",
        ["judged", "rule", "finding", "measured", "limit", "source", "page"],
        [row(f) for f in shown],
        how="The worst value of all that the rule judges decides.",
        caution="'Ours' marks a limit set by this tool's authors, not a published one.",
        sortable=True,
        widths=(11, 12, 28, 17, 12, 14, 6),
        breaks=True,
    )


def row(finding: Finding) -> list[Cell | str]:
    """One finding as a table row."""
    about = words.listing(str(one) for one in finding.labels.values())
    message = finding.message or finding.reason
    told = all(str(one).lower() in message.lower() for one in finding.labels.values())
    extra = f": {finding.reason}" if finding.reason and finding.reason not in message else ""
    return [
        status(finding.status),
        words.sentence(words.label(finding.rule)),
        f"{message}{extra}" + ("" if told else f" [{about}]"),
        num(finding.value, finding.unit, finding.interval)
        if finding.value is not None
        else Cell("–", "number"),
        finding.threshold,
        f"{finding.source}{f' · {finding.set_by}' if finding.set_by else ''}",
        Cell("", "page", link=where(finding)),
    ]


def passed(record: Record) -> Iterable[Block]:
    """The passed rules, folded on screen."""
    good = [f for f in record.findings if f.status == "pass"]
    if good:
        rules = [
            {
                "rule": words.label(f.rule),
                "fact": f.fact,
                "value": words.measured(f.value, f.unit) if f.value is not None else "as required",
                "limit": f.threshold,
            }
            for f in good
        ]
        yield Page(
            "passed",
            "_passed.html",
            {"title": f"{words.count(len(good), 'rule')} passed", "rules": rules},
        )


def unjudged(record: Record) -> Iterable[Block]:
    """Rules whose facts do not exist, by the reason, the commonest first: not requested is not the
    same as fine."""
    absent = [f for f in record.findings if f.status == "not_assessed"]
    if absent:
        by_reason: dict[str, list[str]] = {}
        for one in absent:
            why = one.reason or _why(record, one.fact)
            by_reason.setdefault(why, []).append(words.label(one.rule))
        reasons = sorted(by_reason.items(), key=lambda pair: -len(pair[1]))
        title = f"{words.count(len(absent), 'rule')} had nothing to judge"
        said = [{"why": words.sentence(why), "rules": rules} for why, rules in reasons]
        yield Page("unjudged", "_unjudged.html", {"title": title, "reasons": said})


def _why(record: Record, fact: str) -> str:
    piece = fact.split(".")
    return record.absence(".".join(piece[:2])) if len(piece) > 1 else "not requested"
