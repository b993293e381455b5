"""Does a single part tell the target by itself, and does the model lean on it?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
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
PICTURES = 8
"""Mean pictures shown with the suspects framed."""


def shortcuts(record: Record) -> Iterable[Block]:
    """The features that tell most alone, the suspects among them first, and where they lie."""
    table = record.table(UNIT, "features")
    skill = record.facts.one(f"{UNIT}.skill")
    if table is None or skill is None or not isinstance(skill.value, (int, float)):
        return
    table = table.sort_values(["suspect", "alone"], ascending=False, kind="stable")
    suspects = [str(one) for one in table.loc[table["suspect"], "feature"]]
    alone = record.facts.one(f"{UNIT}.alone")
    yield Table(
        "shortcuts",
        title(record, suspects, table),
        ["feature", "tells alone", "of the model's skill", "model loses without", ""],
        [_row(record, row, float(skill.value)) for _, row in table.head(
            max(SHOWN, len(suspects))).iterrows()],
        n=f"{words.number(alone.n if alone else None)} training rows for what a feature tells "
        f"alone, {words.number(skill.n)} validation rows for the model",
        how="Tells alone: a small forest that sees this feature only, out of fold; 0 guesses, 1 is "
        f"always right; the model reaches {words.number(skill.value)}. A suspect tells nearly as "
        "much alone as the model tells at all. Model loses without: share of its skill that goes "
        "when all suspects are shuffled between rows together, since copies stand in for each "
        "other.",
        caution="A feature may rightly tell much: whether it will still be there when the model "
        "has to decide, people know.",
        facts=(f"{UNIT}.alone", f"{UNIT}.reliance", f"{UNIT}.lost"),
        compact=True,
    )  # fmt: skip
    if suspects and explained.modality(record) == "image":
        yield from where(record, suspects)


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


def _row(record: Record, row: pd.Series, skill: float) -> Row:
    reliance = record.facts.one(f"{UNIT}.reliance", feature=str(row["feature"]))
    spread = (row["low"], row["high"]) if pd.notna(row["low"]) else None
    return [
        words.shortened(str(row["feature"])),
        num(float(row["alone"]), "", spread),
        num(float(row["alone"]) / skill),
        _lost(reliance),
        status("warn", "suspect") if row["suspect"] else Cell(""),
    ]


def _lost(reliance: Fact | None) -> Cell:
    if reliance is None:
        return Cell("–", "number")
    return num(reliance.value, "", reliance.interval)


def where(record: Record, suspects: list[str]) -> Iterable[Block]:
    """The mean training picture of each class, the suspects framed; without those pictures, one
    explained picture."""
    stored = explained.inputs(record)
    if record.redact or not stored or picture_input.own_regions(record):
        return
    names = explained.features(record)
    places = [names.index(one) for one in suspects if one in names]
    framed = np.isin(picture_input.regions(record, 0), places).astype(int)
    means = record.arrays("precaution.profile", "examples") or {}
    shown = {name.removeprefix("mean_"): one for name, one in list(means.items())[:PICTURES]}
    what = "on the mean training picture of each class"
    if not shown:
        shown, what = {"explained": stored["x"][0]}, "on an explained picture"
    yield Heading("shortcut-place", f"Where the suspects lie, {what}")
    yield Grid([_framed(record, name, x, framed) for name, x in shown.items()], PICTURES)


def _framed(record: Record, name: str, x: Array, framed: Array) -> Figure:
    pixels = x.reshape(-1, *x.shape[-2:])
    black, white = picture_input.levels(record, pixels)
    image = picture.photo(pixels, black, white, 16, framed)
    return Figure(f"shortcut-{name}", name, image, alt=f"{name}, suspects framed", width=62)
