"""One explained instance beside the alternatives found for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.record import Record


@dataclass(frozen=True)
class Found:
    """What a method ``unit`` (stage, method) stored about the instance at ``position``."""

    record: Record
    unit: tuple[str, str]
    position: int

    @property
    def name(self) -> str:
        return ".".join(self.unit)

    @property
    def key(self) -> str:
        """Where links land."""
        return f"{self.unit[1]}-{self.position}"

    @property
    def gradient(self) -> bool:
        """Whether everything moves a little, instead of little moving far."""
        return self.unit[0] == "gradient"

    @cached_property
    def own(self) -> pd.DataFrame:
        """Rows of the table ``counterfactuals``, of this instance."""
        stored = self.record.table(self.name, "counterfactuals")
        none = pd.DataFrame(columns=["position"])
        table = none if stored is None else stored
        return table[table["position"] == self.position].reset_index(drop=True)

    @cached_property
    def alternatives(self) -> pd.DataFrame:
        """Those of them that are altered inputs, the nearest first."""
        return self.own[self.own["rank"] > 0].reset_index(drop=True)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """What each alternative changes: rank, feature, before, after, size."""
        stored = self.record.table(self.name, "changes")
        if stored is None:
            return pd.DataFrame(columns=["rank", "feature", "before", "after", "size"])
        return stored[stored["position"] == self.position].reset_index(drop=True)

    @cached_property
    def instance(self) -> pd.Series:
        """The row of the explained instance."""
        table = explained.instances(self.record)
        return table[table["position"] == self.position].iloc[0]

    @property
    def x(self) -> Array:
        """``input_shape`` the instance as it is."""
        return np.asarray(explained.inputs(self.record)["x"][self.position])

    @cached_property
    def after(self) -> Array:
        """``(k, *input_shape)`` the altered pictures or series."""
        stored = self.record.arrays(self.name, "after")
        return self.x[None][:0] if stored is None else stored["x"][self.position]

    def features(self, rank: int) -> list[str]:
        """What the alternative of this rank changes."""
        own = self.changes[self.changes["rank"] == rank]
        return [str(one) for one in own["feature"]]

    def answer(self, place: int) -> str:
        """What the model answers to an alternative: the class, or the quantity with its unit."""
        one = self.alternatives.iloc[place]
        return str(one["after"]) or self.quantity(float(one["score_after"]))

    @property
    def now(self) -> str:
        """What it answers to the instance as it is."""
        one = self.own.iloc[0]
        return str(one["before"]) or self.quantity(float(one["score"]))

    def quantity(self, value: float) -> str:
        """A predicted quantity in the user's unit."""
        unit = explained.target_unit(self.record, str(self.instance["target"]))
        return words.number(value, unit)

    @property
    def wanted(self) -> str:
        """The answer that was sought, in words."""
        return str(self.record.facts.value(f"{self.name}.wanted", "another answer"))

    def where(self, place: int) -> str:
        """How far an alternative lies from training rows of its class, held against those."""
        one = self.alternatives.iloc[place]
        apart, usual, limit = (float(one[name]) for name in ("apart", "usual", "limit"))
        if pd.isna(apart) or pd.isna(limit):
            return "not known"
        if apart <= limit:
            return "yes"
        return (
            f"no: {words.number(apart / usual, digits=2)} × the usual distance" if usual else "no"
        )
