"""What is enough for an answer, drawn: rows by their conditions, pictures, messages and series with
all else faded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Cell, Figure, Grid, Page, Row, Table
from xaiframe.report.messages.marked import Message, Piece
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.scoped.ruled import Ruled
from xaiframe.report.signals.lanes import Lanes, shaded
from xaiframe.report.tables.levels import Values

WIDE = 38
FADED = 0.8
"""How far towards paper what is not kept goes."""
MARKED = "background:#f6d99a"
GREY = "color:#8a8f94"


def cells(ruled: Ruled, title: str, how: str, caution: str) -> list[Block]:
    """A condition a row, with the value that meets it."""
    values = Values(ruled.record)
    rows: list[Row] = [
        [said, values.brief(name, ruled.position)]
        for said, name in zip(ruled.said, ruled.features, strict=True)
    ]
    rows += [
        [Cell(f"the model says {ruled.answer} in"), ruled.kept],
        [Cell(f"other test rows like this, answered {ruled.answer}"), ruled.borne_out],
    ]
    return [
        Table(
            f"{ruled.key}-rule", title, ["condition", "here"], rows, how=how, caution=caution,
            compact=True, widths=(64, 36),
        )
    ]  # fmt: skip


def photos(ruled: Ruled, title: str, how: str, caution: str) -> list[Block]:
    """The picture, and beside it what is enough of it."""
    names = explained.features(ruled.record)
    numbers = [names.index(one) for one in ruled.features]
    inputs = explained.inputs(ruled.record)["x"]
    x, levels = inputs[ruled.position], picture_input.levels(ruled.record, inputs)
    kept = np.isin(picture_input.regions(ruled.record, ruled.position), numbers)
    paper = float(levels[1])
    faded = np.where(kept, x, x + FADED * (paper - x))
    whole = picture.photo(x, *levels, WIDE)
    part = picture.photo(faded, *levels, WIDE, kept.astype(int))
    return [
        Grid(
            [
                Figure(f"{ruled.key}-whole", "As it is", whole, alt="as it is", width=148),
                Figure(f"{ruled.key}-rule", title, part, how=how, caution=caution,
                       alt=title, width=148),
            ],
            2,
        )
    ]  # fmt: skip


def message(ruled: Ruled, title: str, how: str, caution: str) -> list[Block]:
    """The message with the words that are enough marked."""
    own, kept = Message.at(ruled.record, ruled.position), set(ruled.features)
    found: list[Piece] = []
    end = 0
    for feature, start, stop in own.words[["feature", "start", "end"]].itertuples(index=False):
        if start > end:
            found.append(Piece(own.text[end:start]))
        found.append(Piece(own.text[start:stop], MARKED if str(feature) in kept else GREY))
        end = int(stop)
    if end < len(own.text):
        found.append(Piece(own.text[end:], GREY))
    data = {"title": title, "pieces": found, "how": how, "caution": caution}
    return [Page(f"{ruled.key}-rule", "_enough.html", data)]


def curves(ruled: Ruled, title: str, how: str, caution: str) -> list[Block]:
    """The series with the segments that are enough shaded."""
    names, lanes = explained.features(ruled.record), Lanes.of(ruled.record)
    kept = np.isin(np.array(names), ruled.features).astype(float)
    x = explained.inputs(ruled.record)["x"][ruled.position]
    drawn = shaded(lanes, x, kept, 2.0, (520, 90 if len(lanes.channels) == 1 else 56))
    return [chart.figure(f"{ruled.key}-rule", title, drawn, how=how, caution=caution)]


DRAW: dict[str, Callable[[Ruled, str, str, str], list[Block]]] = {
    "table": cells,
    "image": photos,
    "text": message,
    "series": curves,
}


def thing(ruled: Ruled, count: int) -> str:
    """``2 conditions``, ``1 patch``, ``3 words``: what a rule is made of."""
    modality = explained.modality(ruled.record)
    if modality == "image":
        noun, nouns = picture_input.noun(ruled.record), picture_input.nouns(ruled.record)
        return words.count(count, noun, nouns)
    one = {"table": "condition", "text": "word", "series": "segment"}[modality]
    return words.count(count, one)
