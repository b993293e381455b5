"""Surrogates: the model retold by a small tree and a weighted sum, and whether they may be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Heading, Row, Table, num, status
from xaiframe.report.record import Record
from xaiframe.report.stand_in import terms, tree

KIND = "surrogate"
QUESTION = (
    "Taught with the model's own answers, not with the truth: can a few questions, or a few "
    "weighted terms, retell what it does?"
)
CAUTION = (
    "It tells how the answers can be retold, not how they are made: other trees may retell them as "
    "well."
)
FALLEN = "This {form} does not stand for the model"
NAMES = {"tree": "tree", "linear": "weighted sum"}


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """How far each stand-in answers as the model does, then the tree and the sum themselves."""
    name = ".".join(unit)
    fits = record.table(name, KIND)
    assert fits is not None
    yield Heading(f"{unit[1]}-overall", words.sentence(words.label(unit[1])), QUESTION)
    yield _fidelity(record, name, fits)
    for fit in fits.to_dict("records"):
        stored = record.table(name, "tree" if fit["form"] == "tree" else "terms")
        if stored is not None and len(stored):
            yield _drawn(record, name, fit, stored)


def _fidelity(record: Record, name: str, fits: pd.DataFrame) -> Table:
    standing = [NAMES[one] for one in fits.loc[fits["stands"], "form"]]
    regression = explained.regression(record)
    least = float((record.recipe.get("perturbation") or {}).get(KIND, {}).get("least", 0.6))
    facts = record.facts.one(f"{name}.fidelity")
    learnt = record.facts.value(f"{name}.learnt")
    title = (
        f"The {words.listing(standing)} may stand for the model"
        if standing
        else "Nothing so simple stands for the model"
    )
    return Table(
        f"{KIND}-fidelity",
        title,
        ["stand-in", "size", "R²" if regression else "answers alike", "a constant",
         "errors avoided", "stands for the model"],
        [_fit(one) for one in fits.to_dict("records")],
        how=("Against the model's own answers, in rows that the stand-in did not learn from. "
             "Errors avoided: of those that always giving the same answer would make."),
        caution=f"To stand for the model at least {words.of_hundred(least)} of them must be "
        "avoided, at the lower end of the interval: a limit of ours, none is published.",
        n=f"{words.count(int(learnt or 0), 'training row')} learnt, "
        f"{words.count(int(facts.n or 0) if facts else 0, 'test row')} asked",
        facts=(f"{name}.fidelity", f"{name}.skill"),
        compact=True,
    )  # fmt: skip


def _fit(one: Mapping[Any, Any]) -> Row:
    size = words.count(int(one["size"]), "leaf", "leaves")
    size = size if one["form"] == "tree" else words.count(int(one["size"]), "term")
    return [
        words.sentence(NAMES[str(one["form"])]),
        size,
        num(one["fidelity"], "", (one["low"], one["high"])),
        num(one["constant"]),
        num(one["skill"], "", (one["skill_low"], one["skill_high"])),
        status("pass", "yes") if one["stands"] else Cell("no", "status", status="fail"),
    ]


def _drawn(record: Record, name: str, fit: Mapping[Any, Any], stored: pd.DataFrame) -> Block:
    """The stand-in under what it is worth; greyed where it does not stand for the model."""
    stands, form = bool(fit["stands"]), NAMES[str(fit["form"])]
    amount = (
        f"R² {words.number(fit['fidelity'])} against its answers"
        if explained.regression(record)
        else f"alike in {words.of_hundred(fit['fidelity'])} held-out rows"
    )
    spread = words.brackets((fit["low"], fit["high"]))
    said = (
        f"{words.sentence(size_of(fit))} can retell the model: {amount} {spread}"
        if stands
        else f"{FALLEN.format(form=form)}: {amount} {spread}"
    ).strip()
    if not stands and not explained.regression(record):
        said += f", a constant in {words.of_hundred(fit['constant'])}"
    keywords: dict[str, Any] = {"caution": CAUTION, "facts": [f"{name}.fidelity"]}
    if fit["form"] == "linear":
        keywords |= {"grey": not stands, "mark": "" if stands else "not to be read as the model"}
        return terms.figure(record, f"{KIND}-sum", said, terms.one_side(record, stored), **keywords)
    if tree.Drawing(record, stored).fits:
        keywords |= {"grey": not stands, "mark": "" if stands else "not to be read as the model"}
    return tree.figure(record, f"{KIND}-tree", said, stored, **keywords)


def size_of(fit: Mapping[Any, Any]) -> str:
    """How much there is to read."""
    if fit["form"] == "tree":
        return f"a tree of {words.count(int(fit['size']), 'leaf', 'leaves')}"
    return f"{words.count(int(fit['size']), 'weighted term')}"
