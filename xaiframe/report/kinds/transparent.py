"""Transparent models: what they score beside the audited one, and all they know, to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from xaiframe.report import explained, words
from xaiframe.report.block import Block, Heading, Row, Table, num
from xaiframe.report.record import Record
from xaiframe.report.stand_in import shapes, terms, tree

KIND = "transparent"
QUESTION = (
    "Fitted to the same training rows and the true target; it is its own explanation. What does "
    "the audited model do better?"
)
RUDIN = "Where the difference is small, a model that can be read is the safer choice (Rudin 2019)."
BROUGHT = " The audited model came trained: it may have learnt from other rows."
NAMES = {
    "score": "this model, test rows",
    "audited": "the audited model, same rows",
    "difference": "what the audited model gains",
    "agreement": "answers alike",
}
WHAT = {"leaves": ("leaf", "leaves"), "terms": ("weight", "weights"), "curves": ("curve", "curves")}


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """The comparison, then the tree, the weights or the curves."""
    name, method = ".".join(unit), unit[1]
    table = record.table(name, KIND)
    assert table is not None
    found = {str(one["quantity"]): dict(one) for _, one in table.iterrows()}
    yield Heading(f"{method}-overall", words.sentence(words.label(method)), QUESTION)
    yield _compared(record, name, method, found)
    grown, sums, drawn = (record.table(name, one) for one in ("tree", "terms", "shapes"))
    if grown is not None:
        title = f"All it knows, in {size(record, name)}"
        yield tree.figure(record, f"{method}-tree", title, grown, facts=[f"{name}.score"])
    if sums is not None:
        yield from _sums(record, name, method, sums)
    if drawn is not None:
        yield shapes.importance(f"{method}-importance", drawn, facts=[f"{name}.score"])
        told = shapes.heading(drawn, explained.regression(record))
        yield Heading(f"{method}-curves", told, shapes.HOW)
        yield from shapes.curves(record, f"{method}-curve", drawn)


def size(record: Record, name: str) -> str:
    """How much there is to read."""
    fact = record.facts.one(f"{name}.size")
    if fact is None or not isinstance(fact.value, (int, float)):
        return "what follows"
    return words.count(int(fact.value), *WHAT[fact.unit])


def verdict(record: Record, name: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    """What the black box buys, as far as these rows tell."""
    gain = found["difference"]
    amount, low, high = (float(gain[one]) for one in ("value", "low", "high"))
    spread = words.brackets((low, high))
    told = size(record, name)
    if low > 0:
        return f"The audited model gains {words.number(amount)} {spread} over {told}"
    if high < 0:
        return f"{words.sentence(told)} beat the audited model by {words.number(-amount)} " + (
            words.brackets((-high, -low))
        )
    return f"The audited model is not clearly better than {told}: {words.number(amount)} {spread}"


def _compared(
    record: Record, name: str, method: str, found: Mapping[str, Mapping[str, Any]]
) -> Table:
    rows: list[Row] = [
        [words.sentence(NAMES[key]), str(one["unit"]),
         num(one["value"], "", (one["low"], one["high"]))]
        for key, one in found.items()
    ]  # fmt: skip
    fact = record.facts.one(f"{name}.score")
    brought = "model.asked" in {key.name.rsplit(".", 1)[0] for key in record.facts}
    return Table(
        f"{method}-comparison",
        verdict(record, name, found),
        ["", "measured as", "value"],
        rows,
        how="The gain is taken row by row, so that rows that are hard for both do not blur it.",
        caution=RUDIN + (BROUGHT if brought else ""),
        n=words.count(int(fact.n), "test row") if fact is not None and fact.n else "",
        facts=(f"{name}.difference", f"{name}.agreement"),
        compact=True,
        widths=(46, 27, 27),
    )


def _sums(record: Record, name: str, method: str, sums: pd.DataFrame) -> Iterable[Block]:
    shown = terms.one_side(record, sums)
    first = terms.named(record, shown).iloc[0]
    own = bool(sums["audited"].notna().any())
    several, regression = shown["output"].nunique() > 1, explained.regression(record)
    way = "raises" if first["value"] > 0 else "lowers"
    target = terms.score_of(record, str(first["output"]))
    step = "where it holds" if first["more"] == "holds" else f"per {first['more']}"
    yield terms.figure(
        record,
        f"{method}-weights",
        f"{words.quoted(first['term'])} weighs most: it {way} {target} by "
        f"{words.number(abs(float(first['value'])))} {step}",
        shown,
        how="Lines: 95 % intervals. " * (not several)
        + "Diamonds: the audited model's own weights, for its score is such a sum too." * own,
        caution="Terms that go together share their weight: one may be small because another "
        "speaks for it.",
        facts=[f"{name}.score"],
    )
    if not several:
        yield terms.table(
            record,
            f"{method}-table",
            "The largest weights, with what they do to the odds"
            if not regression
            else "The largest weights",
            shown,
            odds=not regression,
            how="One more of a term multiplies the odds by that much."
            if not regression
            else "The value changes by the weight with one more of a term.",
            facts=(f"{name}.score",),
        )
