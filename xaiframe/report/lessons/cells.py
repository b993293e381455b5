"""Rows of a table beside an instance, feature by feature, what is far from it shaded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Row, Table
from xaiframe.report.lessons.beside import Lesson, Lessons, mine
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import NAMED, Values

LISTED = 8
"""Features written."""
FAR = 0.45
"""Shade of a value that is far from the instance's."""


def beside(lessons: Lessons, position: int, told: Sequence[Lesson], title: str, how: str,
           caution: str) -> list[Block]:  # fmt: skip
    """A column for the instance and one for each row."""
    record = lessons.record
    values, (label, answer) = Values(record), mine(record, position)
    shown = leading(record, values.names)
    size = "influence" if lessons.gradient else "distance"
    rows: list[Row] = [
        ["row of the training data", "", *(str(one.row) for one in told)],
        ["label in the data", label, *(one.label for one in told)],
        ["the model says", answer, *(one.answer for one in told)],
        [size, "", *(lessons.size(one) for one in told)],
    ]
    spread = values.numbers.std(axis=0)
    for name in shown:
        at = values.names.index(name)
        own, limit = float(values.numbers[position, at]), float(spread[at])
        cells = [
            Cell(values.said(name, float(lessons.shown[one.place, at])),
                 shade=FAR * far(own, float(lessons.shown[one.place, at]), limit,
                                 values.kind(name) in NAMED))
            for one in told
        ]  # fmt: skip
        rows.append([words.shortened(name, 30), values.brief(name, position), *cells])
    rest = len(values.names) - len(shown)
    more = f" {words.count(rest, 'further feature')} not listed." if rest else ""
    wide = 72 // (len(told) + 1)
    return [
        Table(
            f"{lessons.unit[1]}-{position}-rows",
            title,
            ["", "this case", *(f"{lessons.role(one)} {numbered(told, at)}".strip()
                                for at, one in enumerate(told))],
            rows,
            how=f"{how} Shaded: another level, or farther from this case than one standard "
            f"deviation of the explained rows.{more}",
            caution=caution,
            compact=True,
            widths=(28, *[wide] * (len(told) + 1)),
        )
    ]  # fmt: skip


def numbered(told: Sequence[Lesson], at: int) -> str:
    """Which of its role it is, where there are several."""
    own = [place for place, one in enumerate(told) if one.role == told[at].role]
    return str(own.index(at) + 1) if len(own) > 1 else ""


def far(own: float, other: float, limit: float, named: bool) -> bool:
    """Whether a value is shaded."""
    if np.isnan(own) or np.isnan(other):
        return bool(np.isnan(own) != np.isnan(other))
    return own != other if named else abs(own - other) > limit


def leading(record: Record, names: Sequence[str]) -> list[str]:
    """The features that matter most to the model, or the first ones."""
    ranked = [name for name in explained.ranking(record) if name in names]
    return (ranked or list(names))[:LISTED]


def listed(lessons: Lessons, told: Sequence[Lesson], heads: Sequence[str]) -> list[list[str]]:
    """Per row the values of the ``heads``."""
    values = Values(lessons.record)
    places: list[int] = [values.names.index(name) for name in heads]
    shown: Array = lessons.shown
    return [
        [values.said(name, float(shown[one.place, at])) for name, at in zip(heads, places,
                                                                           strict=True)]
        for one in told
    ]  # fmt: skip
