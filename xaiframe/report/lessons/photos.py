"""Pictures of the training data, beside an instance's or alone."""

from __future__ import annotations

from collections.abc import Sequence

from xaiframe.explanation import Array
from xaiframe.report import explained
from xaiframe.report.block import Figure, Grid
from xaiframe.report.lessons.beside import Lesson, Lessons, mine
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input

WIDE, PIXELS, COLUMNS = 23, 90, 6


def beside(lessons: Lessons, position: int, told: Sequence[Lesson]) -> Grid:
    """The instance's picture, then each row's."""
    label, answer = mine(lessons.record, position)
    said = label if label == answer else f"{label}, model says {answer}"
    own = explained.inputs(lessons.record)["x"][position]
    first = _figure(lessons, own, f"this case: {said}", f"{position}-own")
    return Grid([first, *figures(lessons, told, f"{position}")], COLUMNS)


def figures(lessons: Lessons, told: Sequence[Lesson], key: str) -> list[Figure]:
    """One picture per row, named by what it is."""
    return [
        _figure(lessons, lessons.shown[one.place], lessons.briefly(one), f"{key}-{at}")
        for at, one in enumerate(told)
    ]


def _figure(lessons: Lessons, x: Array, title: str, key: str) -> Figure:
    levels = picture_input.levels(lessons.record, explained.inputs(lessons.record)["x"])
    drawn = picture.photo(x, *levels, WIDE)
    return Figure(f"{lessons.unit[1]}-{key}", title, drawn, alt=title, width=PIXELS)
