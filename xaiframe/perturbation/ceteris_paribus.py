"""Ceteris-paribus profiles: one instance's score as one feature varies, all else as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.explanation import Array, Method
from xaiframe.kinds.profiles import Profiles
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.setting import grid, numbers

NAMED = ("categorical", "boolean")


@dataclass(frozen=True)
class CeterisParibus(Method):
    """The score of an instance with one feature set to each of some values, and where it turns.

    points: values per feature as of partial dependence, of the training rows; the instance's own
    is added.
    top: profiles kept per instance, those that reach farthest; marks are kept of all features.

    Kuźba, Baranowska & Biecek 2019 (doi:10.21105/joss.01389); Biecek & Burzykowski 2021, ch. 10.
    A decision turns at the nearest value on either side at which another class is predicted,
    between two values where the lead of the own class would cross 0; at a level without an order
    it is the one that takes that lead farthest down. The same instance with only this feature
    changed may never occur.
    """

    points: int = 20
    top: int = 6

    direction = "perturbation"
    kind = "profiles"
    modalities = ("table",)
    own_reference = True
    cost = "instances * (features * (points + 1) + 1)"
    reference = "doi:10.21105/joss.01389"

    def __post_init__(self) -> None:
        if self.points < 2:
            raise ValueError(f"points must be at least 2, not {self.points}")
        if self.top < 1:
            raise ValueError(f"top must be at least 1, not {self.top}")

    def explain(self, bank: CoalitionBank) -> Profiles:
        """Profiles in units of the score; raises NotApplicable where a feature has several numbers
        (a window's columns)."""
        before, data = bank.scorer.evaluations, bank.data
        train = numbers(data.encoding, data.train.x, bank.features)
        shared = [
            grid(train[:, column], data.encoding.levels.get(name), self.points)
            for column, name in enumerate(data.features)
        ]
        own = data.encoding.values(bank.x)
        outputs = bank.scorer.outputs(bank.x)
        profiles: list[pd.DataFrame] = []
        marks: list[dict[str, object]] = []
        for position in range(len(bank)):
            found = list(self._profiles(bank, own[position], shared, position))
            best = sorted(found, key=lambda one: -float(f"{one.reach:.6g}"))[: self.top]
            kept = {one.feature for one in best}
            who = {"id": bank.ids[position]}
            for one in found:
                marks.append(who | one.mark(outputs[position]))
                if one.feature in kept:
                    profiles.append(one.frame().assign(**who))
        return Profiles(
            profiles=pd.concat(profiles, ignore_index=True),
            marks=pd.DataFrame(marks),
            n=len(bank),
            evaluations=bank.scorer.evaluations - before,
        )

    def _profiles(
        self, bank: CoalitionBank, row: Array, shared: list[Array], position: int
    ) -> Iterator[Profile]:
        """Each feature's profile of one instance, as many at once as the scorer bears."""
        encoding, names = bank.data.encoding, bank.data.features
        grids = [
            values if np.isnan(mine) else np.unique(np.append(values, mine))
            for values, mine in zip(shared, row.tolist(), strict=True)
        ]
        for part in bunches([len(one) for one in grids], bank.scorer.max_batch):
            rows = np.repeat(row[None], sum(len(grids[column]) for column in part), axis=0)
            ends = np.cumsum([0, *(len(grids[column]) for column in part)])
            for column, start, end in zip(part, ends, ends[1:], strict=False):
                rows[start:end, column] = grids[column]
            outputs = bank.scorer.outputs(encoding.elements(rows))
            for column, start, end in zip(part, ends, ends[1:], strict=False):
                yield Profile(
                    feature=names[column],
                    x=grids[column],
                    outputs=outputs[start:end],
                    own=float(row[column]),
                    target=int(bank.targets[position]),
                    classes=bank.data.classes,
                    ordered=encoding.kinds.get(names[column], "numeric") not in NAMED,
                )


def bunches(sizes: list[int], most: int) -> Iterator[list[int]]:
    """The numbers of consecutive things whose ``sizes`` come to at most ``most``; a larger one
    stands alone."""
    bunch: list[int] = []
    for number, size in enumerate(sizes):
        if bunch and sum(sizes[one] for one in bunch) + size > most:
            yield bunch
            bunch = []
        bunch.append(number)
    if bunch:
        yield bunch


@dataclass(frozen=True)
class Profile:
    """One feature of one instance: values ``x`` ``(points,)`` and the scores of every output there
    ``(points, outputs)``."""

    feature: str
    x: Array
    outputs: Array
    own: float
    target: int
    classes: tuple[str, ...]
    ordered: bool

    @property
    def y(self) -> Array:
        return np.asarray(self.outputs[:, self.target])

    @property
    def reach(self) -> float:
        return float(np.ptp(self.y))

    def frame(self) -> pd.DataFrame:
        """One row per value."""
        decided = [self.classes[one] if self.classes else "" for one in self.outputs.argmax(axis=1)]
        return pd.DataFrame(
            {"feature": self.feature, "x": self.x, "y": self.y, "decision": decided}
        )

    def mark(self, here: Array) -> dict[str, object]:
        """Where the instance stands, ``here`` ``(outputs,)``, and where its decision turns."""
        turn, into = self._turn(int(here.argmax())) if self.classes else (np.nan, "")
        return {
            "feature": self.feature,
            "value": self.own,
            "score": float(here[self.target]),
            "low": float(min(self.y.min(), here[self.target])),
            "high": float(max(self.y.max(), here[self.target])),
            "turn": turn,
            "into": into,
        }

    def _turn(self, decided: int) -> tuple[float, str]:
        """The nearest value at which not ``decided`` but another class is predicted, and which."""
        rivals = np.delete(self.outputs, decided, axis=1).max(axis=1)
        lead = self.outputs[:, decided] - rivals
        other = np.flatnonzero(self.outputs.argmax(axis=1) != decided)
        if not len(other):
            return np.nan, ""
        if not self.ordered or np.isnan(self.own):
            at = int(lead.argmin())
            return float(self.x[at]), self.classes[int(self.outputs[at].argmax())]
        mine = int(np.flatnonzero(self.x == self.own)[0])
        below, above = other[other < mine][-1:], other[other > mine][:1]
        crossings = [
            (crossing(self.x[[at + step, at]], lead[[at + step, at]]), at)
            for found, step in ((below, 1), (above, -1))
            for at in found.tolist()
        ]
        turn, at = min(crossings, key=lambda one: abs(one[0] - self.own))
        return turn, self.classes[int(self.outputs[at].argmax())]


def crossing(x: Array, lead: Array) -> float:
    """Where a straight line between two points crosses 0; ``lead`` is at least 0 at the first."""
    fall = float(lead[0] - lead[1])
    return float(x[0] + (x[1] - x[0]) * (lead[0] / fall if fall > 0 else 1.0))
