"""The XAI factsheet: one plain document for machines, and its chapter for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaiframe.facts import Fact, Finding, Verdict
from xaiframe.report import words
from xaiframe.report.block import Block, Chapter, Prose, Row, Table, fact_cell, parts
from xaiframe.report.record import Record

SECTIONS = {
    "data": ("data", "precaution", "repair"),
    "model": ("model",),
    "explanation": ("probe", "intrinsic", "perturbation", "gradient"),
    "evaluation": ("evaluation",),
    "tuning": ("tuning",),
}
TOO_FINE = {"feature", "column", "p", "g", "class", "parameter"}
"""Labels whose facts stay in facts.json: a factsheet states, it does not list."""


def factsheet(
    facts: Iterable[Fact],
    findings: Iterable[Finding],
    verdict: Verdict | None,
    manifest: Mapping[str, Any],
    strategy: Mapping[str, Any],
) -> dict[str, Any]:
    """Facts of data, model, explanation, evaluation, tuning, policy and environment (METHOD §9)."""
    coarse = [fact for fact in facts if not TOO_FINE & set(fact.labels)]
    keys = ("name", "created", "recipe_digest", "data_digest", "model_digest", "rounds")
    return {
        "schema": "xaiframe/factsheet/1",
        "identity": {key: manifest.get(key) for key in keys},
        "strategy": {
            key: value for key, value in strategy.items() if value not in ("", None, [], {})
        },
        "verdict": _verdict(verdict),
        "findings": [_finding(finding) for finding in findings],
        "facts": {
            section: [_fact(fact) for fact in coarse if fact.stage in stages]
            for section, stages in SECTIONS.items()
        },
        "policy": dict(manifest.get("policy") or {}),
        "environment": {
            key: manifest.get(key) for key in ("python", "platform", "versions", "git", "seeds")
        },
    }


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {"status": verdict.status, "summary": verdict.summary, "counts": dict(verdict.counts)}


def _finding(finding: Finding) -> dict[str, Any]:
    keys = ("rule", "status", "fact", "value", "threshold", "source", "set_by", "reason")
    return {key: getattr(finding, key) for key in keys} | {"labels": dict(finding.labels)}


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "value": fact.value,
        "unit": fact.unit,
        "labels": dict(fact.labels),
        "n": fact.n,
        "interval": list(fact.interval) if fact.interval else None,
        "source": f"{fact.source.method or fact.choice} ({fact.source.library} "
        f"{fact.source.version})".strip(),
        "reason": fact.reason,
    }


HEADLINES = (
    "data.load.rows",
    "data.load.features",
    "model.fit.parameters",
    "model.load.parameters",
    "model.test.score",
    "model.test.accuracy",
    "model.test.auroc",
    "model.test.calibration_error",
    "evaluation.agreement.mean_spearman",
    "evaluation.agreement.conflicting_share",
    "evaluation.knowledge.held_share",
    "tuning.search.trials",
    "tuning.comparison.adopt",
)


def chapter(record: Record) -> Chapter:
    """The factsheet for people."""
    return Chapter(
        "factsheet",
        "Factsheet",
        "What is on record about this model?",
        parts(record, identity, headlines),
    )


def identity(record: Record) -> Iterable[Block]:
    """Who, when and which digests."""
    manifest, strategy = record.manifest, record.strategy
    digests = [
        f"{name} {manifest.get(f'{name}_digest') or 'not recorded'}"
        for name in ("recipe", "data", "model")
    ]
    yield Prose(
        [
            f"{words.stop(strategy.get('purpose') or 'purpose not declared')} Owner: "
            f"{strategy.get('owner') or 'not declared'}. Risk: "
            f"{strategy.get('risk') or 'not declared'}. Made on "
            f"{manifest.get('created') or 'an unrecorded date'}. The same in machine-readable form "
            "is factsheet.json, attached to the PDF.",
            f"Digests (sha256): {'; '.join(digests)}.",
        ]
    )


def headlines(record: Record) -> Iterable[Block]:
    """The facts a reader asks for first, with their origin."""
    rows: list[Row] = []
    for name in HEADLINES:
        for fact in record.facts.where(name):
            about = f" ({words.labels(fact.labels)})" if fact.labels else ""
            origin = f"{fact.source.library} {fact.source.version}".strip()
            rows.append(
                [
                    words.sentence(words.label(fact.quantity)) + about,
                    fact_cell(fact),
                    str(fact.n or ""),
                    fact.name,
                    origin,
                ]
            )
    if rows:
        yield Table(
            "headlines",
            "Headline facts",
            ["", "value", "n", "fact", "computed by"],
            rows,
            compact=True,
            widths=(24, 24, 6, 30, 16),
        )
