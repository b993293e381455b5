"""Training rows that a method named, with what the run knows of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.record import Record

ROLES = {
    "proponent": "for",
    "opponent": "against",
    "prototype": "prototype",
    "criticism": "criticism",
    "suspect": "suspect",
}
PUSHED = {"proponent": "raised", "opponent": "lowered"}
"""What proponents and opponents did to a predicted quantity."""


@dataclass(frozen=True)
class Lesson:
    """One named row: what it is, its number, its value, and what is known of it.

    value: a distance or share; an influence is relative to the largest of those beside it.
    label, answer: the class or the quantity with its unit; wrong: whether the two differ; place:
    where :attr:`Lessons.shown` has it.
    """

    role: str
    row: int
    value: float
    label: str
    answer: str
    wrong: bool
    told: str
    place: int


@dataclass(frozen=True)
class Lessons:
    """What a method ``unit`` (stage, method) stored about training rows."""

    record: Record
    unit: tuple[str, str]

    @property
    def name(self) -> str:
        return ".".join(self.unit)

    @cached_property
    def rows(self) -> dict[int, dict[str, Any]]:
        """Row → label, answer, y, predicted, score, told, place."""
        stored = self.record.table(self.name, "rows")
        assert stored is not None
        told = stored.assign(place=range(len(stored))).to_dict("records")
        return {int(one["row"]): {str(key): own for key, own in one.items()} for one in told}

    @cached_property
    def shown(self) -> Array:
        """``(m, …)`` values of tables, inputs of pictures and series."""
        return (self.record.arrays(self.name, "shown") or {})["x"]

    @cached_property
    def examples(self) -> pd.DataFrame:
        stored = self.record.table(self.name, "examples")
        assert stored is not None
        return stored

    @cached_property
    def overall(self) -> pd.DataFrame:
        stored = self.record.table(self.name, "overall")
        assert stored is not None
        return stored

    def of(self, position: int, most: dict[str, int]) -> list[Lesson]:
        """What stands beside an instance, at most so many of each role, in the order of roles."""
        own = self.examples[self.examples["position"] == position]
        largest = float(own["value"].abs().max()) if len(own) else 1.0
        return [
            one
            for role, count in most.items()
            for one in self.read(own[(own["role"] == role) & (own["rank"] <= count)], largest)
        ]

    def read(self, named: pd.DataFrame, largest: float = 1.0) -> list[Lesson]:
        """The rows of a table that has role, row and value; ``largest`` influence of all."""
        unit = largest if self.gradient and largest > 0 else 1.0
        return [
            self._lesson(str(one["role"]), int(one["row"]), float(one["value"]) / unit)
            for one in named.to_dict("records")
        ]

    def _lesson(self, role: str, row: int, value: float) -> Lesson:
        own = self.rows[row]
        label, answer = (
            str(own[name]) or self.quantity(float(own[number]))
            for name, number in (("label", "y"), ("answer", "predicted"))
        )
        wrong = bool(own["label"]) and label != answer
        return Lesson(role, row, value, label, answer, wrong, str(own["told"]), int(own["place"]))

    def quantity(self, value: float) -> str:
        """A target's value in the user's unit."""
        table = explained.instances(self.record)
        target = str(table["target"].iloc[0]) if len(table) else ""
        return words.number(value, explained.target_unit(self.record, target))

    @property
    def gradient(self) -> bool:
        return self.unit[0] == "gradient"

    def role(self, one: Lesson) -> str:
        """What it is, in a word or two."""
        regression = explained.regression(self.record)
        return PUSHED.get(one.role, ROLES[one.role]) if regression else ROLES[one.role]

    def size(self, one: Lesson) -> str:
        """Its influence with a sign, or its distance."""
        if not self.gradient:
            return words.number(one.value, digits=2)
        told = words.number(round(100 * one.value), "%")
        return f"+{told}" if one.value > 0 else told

    def briefly(self, one: Lesson) -> str:
        """``for: labelled 8, said 3 (row 17, +0.2)``."""
        said = f"{one.label}, model says {one.answer}" if one.wrong else one.label
        return f"{self.role(one)}: {said} (row {one.row}, {self.size(one)})"


def instance(record: Record, position: int) -> pd.Series:
    """The row of an explained instance."""
    table = explained.instances(record)
    return table[table["position"] == position].iloc[0]


def mine(record: Record, position: int) -> tuple[str, str]:
    """Label and answer of an explained instance, in words."""
    own = instance(record, position)
    if not explained.regression(record):
        return str(own["y"]), str(own["predicted"])
    unit = explained.target_unit(record, str(own["target"]))
    return words.number(own["y"], unit), words.number(own["predicted"], unit)
