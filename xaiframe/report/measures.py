"""Further measures of each method beside their controls, and what agreement is worth."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import Fact
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Prose, Row, Table, fact_cell
from xaiframe.report.record import Record

COLUMNS = {
    "foretold losses": "faithfulness_correlation.correlation",
    "its control": "faithfulness_correlation.control",
    "infidelity": "infidelity.infidelity",
    "gap over random order": "perturbation_gap.gain",
    "moves with small noise": "stability.max_sensitivity",
    "moves with the seed": "stability.reseeding",
    "features to 80 %": "complexity.features_to_mass",
    "inside the region": "localisation.mass",
    "lost without its words": "sufficiency.comprehensiveness",
}
"""Heading → the fact below ``evaluation`` that the column shows."""


def measures(record: Record) -> Iterable[Block]:
    """One row per method, one column per measure that the run asked for."""
    methods = explained.local_methods(record)
    shown = {
        head: name
        for head, name in COLUMNS.items()
        if any(_of(record, name, method) for method in methods)
    }
    if not shown:
        return
    rows: list[Row] = [
        [
            words.sentence(words.label(method)),
            *(_cell(_of(record, name, method)) for name in shown.values()),
        ]
        for method in methods
    ]
    yield Table(
        "measures",
        _title(record, methods),
        ["method", *shown],
        rows,
        how="Foretold losses: correlation of attribution and loss over random sets of features. "
        "Infidelity: squared error of that, 0 exact, 1 no better than nothing. Gap: score lost "
        "with the important quarter less that with the rest, over a random order (PGI − PGU). "
        "Moves: change of the attribution ÷ its length.",
        caution="Few features are easy to read, and no sign of being right.",
        facts=tuple(f"evaluation.{name}" for name in shown.values()),
        compact=True,
        widths=(19, *[81 // len(shown)] * len(shown)),
    )


def _of(record: Record, name: str, method: str) -> Fact | None:
    return record.facts.one(f"evaluation.{name}", method=method)


def _cell(fact: Fact | None) -> Cell:
    if fact is None or fact.value is None:
        return Cell("–", "number")
    return fact_cell(fact)


def _title(record: Record, methods: list[str]) -> str:
    gains = [_of(record, "perturbation_gap.gain", method) for method in methods]
    known = [one for one in gains if one is not None and one.interval is not None]
    sure = [one for one in known if one.interval and one.interval[0] > 0]
    if not known:
        return "Further measures of the same methods"
    return (
        f"{len(sure)} of {words.count(len(known), 'method')} name a quarter of the features that "
        "counts more than a random quarter"
    )


def trust(record: Record) -> Iterable[Block]:
    """Whether the agreement of P and G says more of an answer being right than its confidence."""
    gain = record.facts.one("evaluation.trust.gain")
    if gain is None:
        return
    agreement = record.facts.one("evaluation.trust.agreement_auroc")
    confidence = record.facts.one("evaluation.trust.confidence_auroc")
    if gain.value is None or agreement is None or confidence is None:
        said = f"It cannot be told here whether agreement foretells a right answer: {gain.reason}."
        yield Prose([said], "Does agreement tell right answers from wrong?")
        return
    p, g = (words.label(gain.labels[side]) for side in ("p", "g"))
    yield Prose(
        [
            f"On {words.count(gain.n or 0, 'test row')} the agreement of {p} and {g} ranks right "
            f"answers above wrong ones with AUROC {_auroc(agreement)}, the model's own confidence "
            f"with {_auroc(confidence)}. Together they change it by {_auroc(gain)}: "
            f"{_worth(gain)}."
        ],
        "Does agreement tell right answers from wrong?",
    )


def _auroc(fact: Fact) -> str:
    spread = f" ({words.interval(fact.interval)})" if fact.interval else ""
    return f"{words.number(fact.value)}{spread}"


def _worth(gain: Fact) -> str:
    low, high = gain.interval or (-1.0, 1.0)
    if low > 0:
        return "agreement knows something that confidence does not"
    if high < 0:
        return "agreement only blurs what confidence says"
    return "no evidence that agreement knows more than confidence"
