"""Explained cases, each whole on a page: input, answer, both directions, and what they dispute."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, explorer, otherwise, words
from xaiframe.report.block import Block, Chapter, Note, Page, Prose, parts
from xaiframe.report.kinds import counterfactuals
from xaiframe.report.messages import marked as text_case
from xaiframe.report.modality import pictures
from xaiframe.report.record import Record

KIND = {
    "right_and_sure": "right and sure",
    "right_and_unsure": "right but unsure",
    "wrong": "wrong",
}
ERROR = {
    "right_and_sure": "small error",
    "right_and_unsure": "typical error",
    "wrong": "large error",
}
"""The kinds of cases where a quantity is predicted."""
STATUS = {"right_and_sure": "pass", "right_and_unsure": "warn", "wrong": "fail"}


def chapter(record: Record) -> Chapter:
    """All cases, then the explorer; withheld as a whole when rows must not be shown."""
    table = explained.instances(record)
    if record.redact:
        blocks: list[Block] = [
            Note("Cases", "withheld: the report was asked to keep single rows out (report.redact)")
        ]
    elif table.empty or not explained.local_methods(record):
        blocks = [Note("Cases", "not assessed: no instance was explained")]
    else:
        cases = table[table["case"].astype(bool)]
        blocks = parts(record, intro)
        for place, (_, row) in enumerate(cases.iterrows()):
            blocks += parts(
                record, _named(partial(case, row=row, place=place), f"case {place + 1}")
            )
        blocks += parts(record, explorer.explorer)
    return Chapter(
        "cases", "Single decisions", "Why this answer for this case?", blocks, fresh=True
    )


def status_of(record: Record, kind: str) -> str:
    """The mark of a kind of case; an error near the median is no warning."""
    if explained.regression(record) and kind == "right_and_unsure":
        return "undecided"
    return STATUS.get(kind, "undecided")


def kind_words(record: Record, kind: str) -> str:
    """What kind of case it is, in words."""
    return (ERROR if explained.regression(record) else KIND).get(kind, kind)


def _named(make: Any, name: str) -> Any:
    make.__name__ = name
    return make


def intro(record: Record) -> Iterable[Block]:
    """How many instances were explained, which became cases, and how to read a case."""
    table = explained.instances(record)
    kinds = table.loc[table["case"].astype(bool), "kind"].value_counts()
    chosen = words.listing(
        words.count(int(amount), kind_words(record, str(kind)))
        if explained.regression(record)
        else f"{amount} {kind_words(record, str(kind))}"
        for kind, amount in kinds.items()
    )
    zero = "Right of zero speaks for the explained class, left against it."
    if explained.regression(record):
        zero = "Right of zero raises the predicted value, left lowers it."
    yield Prose(
        [
            f"{words.count(len(table), 'test row')} were explained; these {int(kinds.sum())} teach "
            f"most: {chosen}. {_scale(record)}: each method's attributions divided by their "
            "absolute sum. " + (zero if explained.modality(record) == "table" else "")
        ]
    )


def _scale(record: Record) -> str:
    sides = explained.sides(record)
    if len(sides) > 1:
        return "P and G share order and scale"
    return f"Only {sides[0]} ({explained.STAGES[sides[0]]}) speaks, all its methods on one scale"


def agreement(record: Record, spearman: float | None, said: str) -> dict[str, str]:
    """What the head of a case says of its two directions, or of the only one: name, value, said.

    spearman: rank correlation of P and G, None where it was not assessed.
    """
    voices = explained.voices(record)
    if len(voices) == 1 and spearman is None:
        sides = explained.sides(record)
        other = "no other direction confirms it" if len(sides) == 1 else "the other takes no side"
        return {"name": "Explained by", "value": f"{voices[0]} alone", "said": other}
    value = "not assessed" if spearman is None else words.number(spearman)
    return {"name": "P and G agree", "value": value, "said": said}


def case(record: Record, row: pd.Series, place: int) -> Iterable[Block]:
    """The page of one case, drawn according to the modality."""
    draw = pictures(record).case
    kind = str(row["kind"])
    unit = explained.target_unit(record, str(row["target"]))
    yield Page(
        f"case-{place + 1}",
        "_case.html",
        {
            "number": place + 1,
            "kind": kind_words(record, kind),
            "status": status_of(record, kind),
            "id": words.number(row["id"]),
            "predicted": _value(row["predicted"], unit),
            "truth": _value(row["y"], unit),
            "target": str(row["target"]),
            "told": told(record, row),
            "confidence": _confidence(row["confidence"]),
            "score": words.number(float(row["score"])),
            "reason": str(row["reason"]),
            "agreement": _agreement(record, row),
            "change": change(record, row),
            "residual": residual(record, row),
            "blocks": [*draw(record, row, place), *otherwise.beside(record, int(row["position"]))],
        },
    )


def _agreement(record: Record, row: pd.Series) -> dict[str, str]:
    table = record.table("evaluation.agreement", "instances")
    mine = pd.DataFrame() if table is None else table[table["position"] == row["position"]]
    if mine.empty or (len(explained.voices(record)) == 1 and mine["spearman"].isna().all()):
        return agreement(record, None, "")
    conflict = "in conflict: do not hand out this explanation"
    said = conflict if bool(mine["conflict"].iloc[0]) else "rank correlation"
    return agreement(record, float(mine["spearman"].iloc[0]), said)


def told(record: Record, row: pd.Series) -> str:
    """How the answer compares with the truth."""
    if not explained.regression(record):
        return "as predicted" if str(row["predicted"]) == str(row["y"]) else "not as predicted"
    error = float(row["predicted"]) - float(row["y"])
    unit = explained.target_unit(record, str(row["target"]))
    return f"predicted {words.number(abs(error), unit)} too {'high' if error > 0 else 'low'}"


def _value(answer: Any, unit: str) -> str:
    return words.number(answer, unit) if isinstance(answer, float) else str(answer)


def _confidence(value: float) -> str:
    if pd.isna(value):
        return ""
    return "over 99.9 % sure" if value > 0.999 else f"{words.number(100 * float(value))} % sure"


def change(record: Record, row: pd.Series) -> str:
    """What moves this decision most, measured by taking one feature away."""
    if "feature_ablation" not in explained.local_methods(record):
        told = counterfactuals.told(record, int(row["position"]))
        return told or "not assessed: neither feature ablation nor a counterfactual was requested"
    values = explained.attribution(record, "feature_ablation")["values"][int(row["position"])]
    if explained.regression(record):
        return moved_most(record, row, values)
    supports = str(row["target"]) == str(row["predicted"])
    top = int((values if supports else -values).argmax())
    name, moved = explained.features(record)[top], float(values[top])
    taken, thing = f"Replacing {name} alone by background rows", "feature"
    if explained.modality(record) == "text":
        thing = "word"
        taken = f"Taking {text_case.named(record, int(row['position']), name)} out alone"
    if (moved <= 0) == supports:
        return f"No single {thing} carries this answer: taking any one away does not weaken it."
    way, before = ("lowers" if supports else "raises"), float(row["score"])
    return (
        f"{taken} {way} the score of {row['target']} by "
        f"{words.number(abs(moved))}, from {words.number(before)} to "
        f"{words.number(before - moved)}; no other single {thing} {way} it more."
    )


def moved_most(record: Record, row: pd.Series, values: Array) -> str:
    """The feature whose absence moves a predicted quantity most."""
    top = int(np.abs(values).argmax())
    name, lost, before = explained.features(record)[top], float(values[top]), float(row["score"])
    way = "lowers" if lost > 0 else "raises"
    unit = explained.target_unit(record, str(row["target"]))
    return (
        f"Replacing {name} alone by background rows {way} the predicted {row['target']} by "
        f"{words.number(abs(lost))}, from {words.number(before)} to "
        f"{words.number(before - lost, unit)}; no other single feature moves it more."
    )


def residual(record: Record, row: pd.Series) -> str:
    """How much of this score the additive methods fail to account for."""
    table = record.table("evaluation.completeness", "instances")
    mine = table[table["position"] == row["position"]] if table is not None else pd.DataFrame()
    if mine.empty:
        return "sum rule not assessed"
    said = [
        f"{words.label(str(r['method']))} {words.number(float(r['relative']))}"
        for _, r in mine.iterrows()
    ]
    return f"Residual of the sum rule (share of score − base not accounted for): {', '.join(said)}"
