"""Accumulated local effects: how the score moves with one feature, near where the data are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.curve import Curve
from xaiframe.probe.score import Population

ORDERED = ("numeric", "date", "ordinal")


@dataclass(frozen=True)
class ALE(Method):
    """Mean change of the score from one edge of a row's own interval to the other, added up.

    top: features kept, those whose curve has the largest standard deviation over the rows;
    intervals: per feature, between quantiles of the sample, at least 2.

    Apley & Zhu 2020 (doi:10.1111/rssb.12377), first order, centred to mean 0 over the rows. Only
    small steps from real rows are asked, so that features which move together do not lead to
    combinations that never occur, as partial dependence does. Of features with an order; rows in
    which the feature is missing are left out. The score is the reference's output of each row's
    explained target.
    """

    top: int = 6
    intervals: int = 20

    scope = "global"
    direction = "perturbation"
    kind = "curve"
    modalities = ("table",)
    cost = "2 * features * instances"
    reference = "doi:10.1111/rssb.12377"

    def __post_init__(self) -> None:
        if self.top < 1:
            raise ValueError(f"top must be at least 1, not {self.top}")
        if self.intervals < 2:
            raise ValueError(f"intervals must be at least 2, not {self.intervals}")

    def explain(self, population: Population) -> Curve:
        """Curves by feature name, in the order of their spread; raises NotApplicable if none."""
        before, encoding = population.scorer.evaluations, population.data.encoding
        rows = encoding.values(population.rows.x)
        if rows.shape[1] != len(population.features):
            raise NotApplicable("a feature of several columns cannot be set to one value")
        found: dict[str, tuple[Array, Array, float]] = {}
        for column, name in enumerate(population.features):
            able = encoding.kinds.get(name, "numeric") in ORDERED
            edges = self._edges(rows[:, column]) if able else np.empty(0)
            if len(edges) > 2:
                found[name] = (edges, *effect(population, rows, column, edges))
        if not found:
            raise NotApplicable("no feature with an order takes more than two values")
        names = sorted(found, key=lambda name: -found[name][2])[: self.top]
        return Curve(
            grid={name: found[name][0] for name in names},
            average={name: found[name][1] for name in names},
            individual={name: np.empty((0, len(found[name][0]))) for name in names},
            n=len(rows),
            evaluations=population.scorer.evaluations - before,
        )

    def _edges(self, values: Array) -> Array:
        """``(k,)`` quantiles of the values that are there, each once."""
        present = values[~np.isnan(values)]
        if not len(present):
            return present
        shares = np.linspace(0, 1, self.intervals + 1)
        return np.unique(np.quantile(present, shares, method="inverted_cdf"))


def effect(population: Population, rows: Array, column: int, edges: Array) -> tuple[Array, float]:
    """The centred curve ``(k,)`` at the edges, and its standard deviation over the rows."""
    there = np.flatnonzero(~np.isnan(rows[:, column]))
    # right-closed intervals; the smallest value belongs to the first
    own = np.maximum(np.searchsorted(edges, rows[there, column], side="left"), 1)
    ends = []
    for edge in (edges[own - 1], edges[own]):
        moved = rows[there].copy()
        moved[:, column] = edge
        inputs = population.data.encoding.elements(moved)
        ends.append(population.scorer(inputs, population.targets[there]))
    counts = np.bincount(own - 1, minlength=len(edges) - 1)
    sums = np.bincount(own - 1, ends[1] - ends[0], len(edges) - 1)
    curve = np.concatenate([[0.0], np.cumsum(sums / np.maximum(counts, 1))])
    middle = (curve[1:] + curve[:-1]) / 2
    mean = float(counts @ middle / counts.sum())
    spread = float(np.sqrt(counts @ (middle - mean) ** 2 / counts.sum()))
    return curve - mean, spread
