"""A picture beside its alternatives: what was taken from elsewhere is framed."""

from __future__ import annotations

import numpy as np

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.altered.found import Found
from xaiframe.report.block import Block, Figure, Grid, Prose
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input

WIDE = 38
LONGEST = 3
"""Alternatives drawn at most, so that they stand in one row with the picture itself."""

FRAMED = (
    "Framed: taken from the same place of training pictures with that answer, or from the mean of "
    "the reference."
)
ADDED = "Orange: values were raised there, blue with a white minus: lowered."


def draw(found: Found) -> list[Block]:
    """Pictures side by side; of a gradient's, what was added in between."""
    if found.gradient:
        return [Grid(perturbed(found), LONGEST + 1), Prose([ADDED])]
    return [Grid(replaced(found), LONGEST + 1), Prose([FRAMED])]


def replaced(found: Found) -> list[Figure]:
    """The picture, then each alternative with its new parts framed."""
    nouns, noun = picture_input.nouns(found.record), picture_input.noun(found.record)
    figures = [_photo(found, found.x, f"As it is: {found.now}", "as-it-is")]
    for place in range(min(len(found.alternatives), LONGEST)):
        count = int(found.alternatives["changed"].iloc[place])
        told = f"{found.answer(place)}: {words.count(count, noun, nouns)} replaced"
        figures.append(
            _photo(found, found.after[place], words.sentence(told), f"{place + 1}",
                   swapped(found, place + 1))
        )  # fmt: skip
    return figures


def swapped(found: Found, rank: int) -> Array:
    """``(rows, columns)`` int: 1 in the parts that the alternative of this rank replaces."""
    names = explained.features(found.record)
    numbers = [names.index(one) for one in found.features(rank)]
    return np.isin(picture_input.regions(found.record, found.position), numbers).astype(int)


def perturbed(found: Found) -> list[Figure]:
    """The picture, what was added to it, enlarged, and their sum."""
    added = found.after[0] - found.x
    plane = added.sum(axis=0)
    limit = float(np.abs(plane).max())
    black, white = picture_input.levels(found.record, explained.inputs(found.record)["x"])
    times = abs(white - black) / 2 / (limit or 1.0)
    drawn = picture.heatmap(plane, limit, WIDE)
    return [
        _photo(found, found.x, f"As it is: {found.now}", "as-it-is"),
        Figure(
            f"{found.key}-added",
            f"Added, {words.number(times, digits=2)} times enlarged",
            drawn,
            alt="what was added to the picture",
            width=148,
        ),
        _photo(found, found.after[0], f"Together: {found.answer(0)}", "together"),
    ]


def _photo(found: Found, x: Array, title: str, key: str, framed: Array | None = None) -> Figure:
    levels = picture_input.levels(found.record, explained.inputs(found.record)["x"])
    drawn = picture.photo(x, *levels, WIDE, framed)
    return Figure(f"{found.key}-{key}", title, drawn, alt=title, width=148)
