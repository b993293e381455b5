"""Does a single part tell the target by itself, and does the model lean on it?"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Figure, Grid, Heading, Row, Table, num, status
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

UNIT = "evaluation.shortcuts"
SHOWN = 8
"""Features listed; every suspect is."""
BY = (
    "By: as many as it takes that the others of a suspect tell no more than what is no suspect; "
    "only they are shuffled. "
)
PICTURES = 8
"""Mean pictures shown with the suspects framed."""
ELEMENTS = {"image": "pixel values", "series": "samples"}
"""What the features of a modality are made of, where a part of one may tell."""


def shortcuts(record: Record) -> Iterable[Block]:
    """The features that tell most alone, the suspects among them first, and where they lie."""
    table = record.table(UNIT, "features")
    skill = record.facts.one(f"{UNIT}.skill")
    if table is None or skill is None or not isinstance(skill.value, (int, float)):
        return
    table = table.sort_values(["suspect", "alone"], ascending=False, kind="stable")
    suspects = [str(one) for one in table.loc[table["suspect"], "feature"]]
    alone = record.facts.one(f"{UNIT}.alone")
    parts = ELEMENTS.get(explained.modality(record), "") if suspects else ""
    yield Table(
        "shortcuts",
        title(record, suspects, table),
        ["feature", "tells alone", "of the model's skill", *(["by"] if parts else []),
         "model loses without", ""],
        [_row(record, row, float(skill.value), parts) for _, row in table.head(
            max(SHOWN, len(suspects))).iterrows()],
        n=f"{words.number(alone.n if alone else None)} training rows for what a feature tells "
        f"alone, {words.number(skill.n)} validation rows for the model",
        how="Tells alone: a small forest that sees this feature only, out of fold; 0 guesses, 1 is "
        f"always right; the model reaches {words.number(skill.value)}. A suspect tells nearly as "
        f"much alone as the model tells at all. {BY if parts else ''}Model loses without: share of "
        "its skill that goes when all suspects are shuffled between rows together, since copies "
        "stand in for each other.",
        caution="A feature may rightly tell much: whether it will still be there when the model "
        "has to decide, people know.",
        facts=(f"{UNIT}.alone", f"{UNIT}.reliance", f"{UNIT}.lost"),
        compact=True,
    )  # fmt: skip
    if suspects and explained.modality(record) == "image":
        yield from where(record)


def title(record: Record, suspects: list[str], table: pd.DataFrame) -> str:
    """Whether there is a shortcut, and whether the model takes it."""
    if not suspects:
        best = table.iloc[0]
        return (
            "No feature alone tells the target as well as the model does; most tells "
            f"{words.quoted(best['feature'])} ({words.number(float(best['alone']))})"
        )
    named = words.listing(map(words.quoted, suspects), 3)
    verb = "tells" if len(suspects) == 1 else "tell"
    said = f"{named} alone {verb} the target as well as the model does"
    lost = record.facts.one(f"{UNIT}.lost")
    if lost is None or not isinstance(lost.value, (int, float)):
        return said
    low = lost.interval[0] if lost.interval else lost.value
    if low <= 0:
        return f"{said}, and the model does not need {_it(suspects)}"
    share = words.of_hundred(float(lost.value))
    return f"{said}, which loses {share} of its skill without {_it(suspects)}"


def _it(suspects: list[str]) -> str:
    return "it" if len(suspects) == 1 else "them"


def _row(record: Record, row: pd.Series, skill: float, parts: str) -> Row:
    reliance = record.facts.one(f"{UNIT}.reliance", feature=str(row["feature"]))
    spread = (row["low"], row["high"]) if pd.notna(row["low"]) else None
    return [
        words.shortened(str(row["feature"])),
        num(float(row["alone"]), "", spread),
        num(float(row["alone"]) / skill),
        *([_by(row, parts)] if parts else []),
        _lost(reliance),
        status("warn", "suspect") if row["suspect"] else Cell(""),
    ]


def _by(row: pd.Series, parts: str) -> Cell:
    if not row.get("telling"):
        return Cell("–", "number")
    return Cell(f"{row['telling']} of {row['elements']} {parts}", "number")


def _lost(reliance: Fact | None) -> Cell:
    if reliance is None:
        return Cell("–", "number")
    return num(reliance.value, "", reliance.interval)


def where(record: Record) -> Iterable[Block]:
    """The mean training picture of each class, what tells framed; without those pictures, one
    explained picture."""
    stored, elements = explained.inputs(record), record.arrays(UNIT, "elements")
    if record.redact or not stored or elements is None:
        return
    framed = elements["telling"].any(axis=0).astype(int)
    means = record.arrays("precaution.profile", "examples") or {}
    shown = {name.removeprefix("mean_"): one for name, one in list(means.items())[:PICTURES]}
    what = "on the mean training picture of each class"
    if not shown:
        shown, what = {"explained": stored["x"][0]}, "on an explained picture"
    yield Heading("shortcut-place", f"What tells in the suspects, framed {what}")
    yield Grid([_framed(record, name, x, framed) for name, x in shown.items()], PICTURES)


def _framed(record: Record, name: str, x: Array, framed: Array) -> Figure:
    pixels = x.reshape(-1, *x.shape[-2:])
    black, white = picture_input.levels(record, pixels)
    image = picture.photo(pixels, black, white, 16, framed)
    return Figure(f"shortcut-{name}", name, image, alt=f"{name}, what tells framed", width=62)
