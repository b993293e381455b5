"""Data and precaution: a traffic-light table first, then the pictures behind it."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import ORDER, Fact, Finding
from xaiframe.report import check_data, check_drift, check_profile, loading, words
from xaiframe.report.block import Block, Cell, Chapter, Figure, Grid, Row, Table, parts, status
from xaiframe.report.record import Record

HEADLINE = {
    "profile": ("columns", "constant_columns", "schema_breaches"),
    "missing": ("worst_share", "rows_share"),
    "imbalance": ("ratio", "effective_classes"),
    "correlation": ("strongest", "redundant_pairs", "strongest_power"),
    "consistency": ("duplicate_share", "conflicting_share", "leakage_share"),
    "data_drift": ("drifted_share", "domain_auc", "label_drift"),
    "fit_gap": ("gain_over_dummy", "relative_loss", "weakest_segment"),
}


def chapter(record: Record) -> Chapter:
    """Traffic lights first, then the picture of each check."""
    blocks = parts(record, loading.noticed, loading.damage, lights)
    blocks += parts(record, check_profile.columns, check_profile.histograms)
    figures = parts(
        record, check_profile.classes, check_data.power, check_drift.drift, check_data.correlation
    )
    blocks += paired(figures)
    blocks += parts(record, check_data.missing, check_profile.examples, check_data.duplicates)
    return Chapter("precaution", "Data and precaution", "Could the data mislead the model?", blocks)


def paired(blocks: list[Block]) -> list[Block]:
    """Half-width figures two by two."""
    pairs = [blocks[at : at + 2] for at in range(0, len(blocks), 2)]
    return [
        Grid(pair, 2) if all(isinstance(b, Figure) for b in pair) else pair[0] for pair in pairs
    ]


def lights(record: Record) -> Iterable[Block]:
    """One row per check: the worst finding about it, and its headline facts."""
    rows: list[Row] = [row(record, check) for check in record.choices("precaution")]
    if not rows:
        return
    yield Table(
        "lights",
        summary(record),
        ["check", "judged", "what was measured", "limit"],
        rows,
        widths=(17, 13, 58, 12),
        how="The mark is the policy's judgement of the worst fact of each check.",
        caution="A passed check shows that this fault was not found, not that the data are right.",
    )


def row(record: Record, check: str) -> list[Cell | str]:
    """One check: worst judgement, headline facts, limit."""
    facts = record.facts.within(f"precaution.{check}")
    judged = judged_by(record, f"precaution.{check}.")
    worst = min(judged, key=lambda f: ORDER.index(f.status), default=None)
    shown = [
        f for key in HEADLINE.get(check, ()) for f in facts.where(f"precaution.{check}.{key}")[:1]
    ]
    text = "; ".join(measured(fact) for fact in shown or unlabelled(facts))
    if not facts:
        return [
            words.label(check),
            status("not_assessed"),
            record.absence(f"precaution.{check}"),
            "",
        ]
    light = status(worst.status) if worst else Cell("measured, no rule", "status")
    return [words.sentence(words.label(check)), light, text, worst.threshold if worst else ""]


def measured(fact: Fact) -> str:
    """A fact in words, with its interval."""
    if fact.value is None:
        return f"{words.label(fact.quantity)}: {fact.reason or 'not measured'}"
    spread = f" ({words.interval(fact.interval)})" if fact.interval else ""
    return f"{words.label(fact.quantity)} {words.measured(fact.value, fact.unit)}{spread}"


def unlabelled(facts: Iterable[Fact]) -> list[Fact]:
    """The first facts that speak for the whole data set."""
    return [fact for fact in facts if not fact.labels][:3]


def judged_by(record: Record, prefix: str) -> list[Finding]:
    """Findings about facts whose name starts with ``prefix``."""
    return [finding for finding in record.findings if finding.fact.startswith(prefix)]


def summary(record: Record) -> str:
    """The outcome of all data rules as a sentence."""
    judged = judged_by(record, "precaution.")
    bad = [f for f in judged if f.status in ("fail", "error")]
    odd = [f for f in judged if f.status in ("warn", "undecided")]
    if not judged:
        return "The checks were run; the policy judges none of them"
    if not bad and not odd:
        return f"All {words.count(len(judged), 'rule')} on the data passed"
    failed = f"{len(bad)} failed" if bad else "none failed"
    rules = words.count(len(judged), "rule")
    return f"Of {rules} on the data {failed}, {len(odd)} gave a warning or stayed undecided"
