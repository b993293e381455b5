"""The first page decides: verdict, what, for whom, by which policy, when, and what matters."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import gate, headline, performance, words
from xaiframe.report.block import Block, Chapter, Page, parts
from xaiframe.report.record import Record

WORD = {"pass": "Pass", "warn": "Pass with warnings", "fail": "Fail"}


def chapter(record: Record) -> Chapter:
    """The cover, outside the numbering."""
    return Chapter("cover", "Verdict", blocks=parts(record, page), listed=False)


def page(record: Record) -> Iterable[Block]:
    """Everything the first page says."""
    verdict, strategy, manifest = record.verdict, record.strategy, record.manifest
    state = verdict.status if verdict else "undecided"
    counts = dict(verdict.counts) if verdict else {}
    policy = dict(manifest.get("policy") or {})
    yield Page(
        "verdict",
        "_cover.html",
        {
            "name": str(manifest.get("name") or record.recipe.get("name") or record.run.name),
            "purpose": str(strategy.get("purpose") or ""),
            "status": state,
            "word": WORD.get(state, "Could not be judged"),
            "counts": [
                {"status": key, "text": words.tally(counts[key], key)}
                for key in words.STATUS
                if counts.get(key)
            ],
            "facts": [
                ("Model", _model(record)),
                ("Data", _data(record)),
                ("Written for", words.label(str(strategy.get("audience") or "not declared"))),
                ("Owner", str(strategy.get("owner") or "not declared")),
                (
                    "Policy",
                    f"{policy.get('name', 'not recorded')} · {str(policy.get('digest', ''))[:12]}",
                ),
                ("Date", str(manifest.get("created") or "not recorded")[:16].replace("T", " ")),
                ("Recipe digest", str(manifest.get("recipe_digest") or "not recorded")[:32]),
            ],
            "headlines": [
                ("Prediction accuracy", headline.accuracy(record)),
                ("Traceability", headline.traceability(record)),
                ("Decision understanding", headline.understanding(record)),
            ],
            "findings": [
                {
                    "status": f.status,
                    "word": words.STATUS[f.status],
                    "text": headline.said(f),
                    "link": gate.where(f),
                }
                for f in headline.matters(record)
            ],
        },
    )


def _model(record: Record) -> str:
    kind = performance.kind_of(record) or "not recorded"
    size = performance.parameters(record)
    return f"{kind}, {words.number(size)} parameters" if size is not None else kind


def _data(record: Record) -> str:
    rows = sum(
        int(f.value)
        for f in record.facts.where("data.load.rows")
        if isinstance(f.value, (int, float))
    )
    features, classes = (
        record.facts.value("data.load.features"),
        record.facts.value("data.load.classes"),
    )
    said = [words.count(rows, "row")] if rows else []
    said += [f"{words.number(features)} features"] if features is not None else []
    said += (
        [f"{words.number(classes)} classes"]
        if isinstance(classes, (int, float)) and classes
        else []
    )
    return ", ".join(said) or "not recorded"
