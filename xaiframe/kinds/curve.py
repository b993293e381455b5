"""How the score moves with one feature, over many rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer


@dataclass(kw_only=True)
class Curve(Answer):
    """Curves keyed by feature name.

    ``grid[f]`` ``(points,)`` in the feature's own unit, ``average[f]`` ``(points,)`` the partial
    dependence, ``individual[f]`` ``(rows, points)`` the ICE curves, none where the method has none.
    ``apart[f]`` in units of the score and ``heterogeneity[f]`` from 0 to 1 say how much the curves
    of single rows differ, where a method asks.
    """

    grid: dict[str, Array]
    average: dict[str, Array]
    individual: dict[str, Array]
    apart: dict[str, float] = field(default_factory=dict)
    heterogeneity: dict[str, float] = field(default_factory=dict)

    def outcome(self, origin: Source) -> Outcome:
        """How far each average reaches; ``curve`` (feature, point, x, average) and
        ``individual`` (feature, row, point, x, y)."""
        facts = [
            Fact("spread", float(np.ptp(self.average[name])), "score", {"feature": name},
                 self.n, source=origin)
            for name in self.average
        ]  # fmt: skip
        for quantity, unit in (("apart", "score"), ("heterogeneity", "share")):
            facts += [
                Fact(quantity, value, unit, {"feature": name}, self.n, source=origin)
                for name, value in getattr(self, quantity).items()
            ]
        counts = {"n": np.array(self.n), "evaluations": np.array(self.evaluations)}
        return Outcome(facts, self._tables(), {"counts": counts})

    def _tables(self) -> dict[str, pd.DataFrame]:
        averages, individuals = [], []
        for name, grid in self.grid.items():
            points = np.arange(len(grid))
            averages.append(
                pd.DataFrame(
                    {"feature": name, "point": points, "x": grid, "average": self.average[name]}
                )
            )
            rows = len(self.individual[name])
            individuals.append(
                pd.DataFrame(
                    {
                        "feature": name,
                        "row": np.repeat(np.arange(rows), len(grid)),
                        "point": np.tile(points, rows),
                        "x": np.tile(grid, rows),
                        "y": self.individual[name].reshape(-1),
                    }
                )
            )
        return {
            "curve": pd.concat(averages, ignore_index=True),
            "individual": pd.concat(individuals, ignore_index=True),
        }

    @classmethod
    def read(cls, stored: Outcome) -> Self:
        curve, individual = stored.tables["curve"], stored.tables["individual"]
        names = list(dict.fromkeys(curve["feature"]))
        return cls(
            n=int(stored.arrays["counts"]["n"]),
            evaluations=int(stored.arrays["counts"]["evaluations"]),
            grid={name: curve.loc[curve["feature"] == name, "x"].to_numpy() for name in names},
            average={
                name: curve.loc[curve["feature"] == name, "average"].to_numpy() for name in names
            },
            individual={
                name: individual.loc[individual["feature"] == name]
                .pivot(index="row", columns="point", values="y")
                .to_numpy()
                for name in names
            },
        )
