"""What the expert believed, statement by statement, against what the model does."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Chapter, Note, Row, Table, parts
from xaiframe.report.record import Record

EFFECT = {
    "rises": "Higher “{feature}” speaks for {target}",
    "falls": "Higher “{feature}” speaks against {target}",
    "matters": "“{feature}” matters for {target}",
    "does_not_matter": "“{feature}” should not matter for {target}",
}
OF_WORDS = {
    "rises": "The word “{feature}” speaks for {target}",
    "falls": "The word “{feature}” speaks against {target}",
    "matters": "The word “{feature}” matters for {target}",
    "does_not_matter": "The word “{feature}” should not matter for {target}",
}
MARK = {"held": "pass", "contradicted": "fail", "undecided": "undecided"}


def chapter(record: Record) -> Chapter:
    """The knowledge table, or why there is none."""
    blocks = parts(record, statements)
    if not blocks:
        stated = record.strategy.get("knowledge")
        why = (
            record.absence("evaluation.knowledge")
            if stated
            else "not requested: the strategy states no knowledge"
        )
        blocks = [Note("Knowledge", why)]
    return Chapter(
        "knowledge", "What experts know", "Does the model decide as the subject expects?", blocks
    )


def statements(record: Record) -> Iterable[Block]:
    """One row per statement, with verdict and evidence."""
    table = record.table("evaluation.knowledge", "statements")
    if table is None or table.empty:
        return
    stated = record.facts.value("probe.reference.target", "predicted")
    target = "the predicted class" if stated == "predicted" else str(stated)
    held = int((table["verdict"] == "held").sum())
    against = int((table["verdict"] == "contradicted").sum())
    effects = OF_WORDS if explained.modality(record) == "text" else EFFECT
    rows: list[Row] = [
        [
            effects.get(str(r["effect"]), "“{feature}”").format(
                feature=r["feature"], target=r["class"] or target
            ),
            str(r["because"] or ""),
            Cell(
                str(r["verdict"]),
                "status",
                str(r["verdict"]),
                MARK.get(str(r["verdict"]), "undecided"),
            ),
            str(r["evidence"] or ""),
        ]
        for _, r in table.iterrows()
    ]
    yield Table(
        "statements",
        f"{held} of {words.count(len(table), 'statement')} held"
        + (f", {words.number(against)} contradicted" if against else ", none contradicted"),
        ["what was believed", "why", "the model", "evidence"],
        rows,
        widths=(26, 24, 13, 37),
        breaks=True,
        how="Each statement is tested against local and global explanations"
        + (" in both directions." if len(explained.sides(record)) > 1 else "."),
        caution="A contradiction may mean that the model, the data, or the belief is wrong: "
        "someone must decide which.",
        facts=("evaluation.knowledge.statement",),
    )
