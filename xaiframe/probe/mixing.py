"""Rows whose features are taken from different rows of the sample, and the score of each output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.probe.score import Population


@dataclass(frozen=True)
class Mixing:
    """What a global method asks of a population when features are to vary apart from each other.

    Whole features move between rows, a patch as well as a table's column with all its elements,
    so that every value is one that occurred. Scores are those of the declared target's output;
    where each row explains its own prediction, of every output, so that all rows are judged by
    one function.
    """

    population: Population

    def __post_init__(self) -> None:
        if not self.population.data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none can be exchanged")

    @cached_property
    def _flat(self) -> Array:
        rows = self.population.rows.x
        return rows.reshape(len(rows), -1)

    @property
    def owner(self) -> Array:
        """``(elements,)`` the feature of each input element."""
        return self.population.data.feature_mask.reshape(-1)

    def scores(self, x: Array) -> Array:
        """``(n, outputs)`` float64 of ``x`` ``(n, elements)``."""
        scorer = self.population.scorer
        rows = x.reshape(len(x), *self.population.rows.x.shape[1:])
        found = scorer.outputs(rows)
        target = scorer.reference.target
        return found if target is None else found[:, [target]]

    def recomposed(self, origins: Array) -> Array:
        """``(n, outputs)`` of rows whose feature k comes from row ``origins[:, k]`` ``(n, k)``."""
        size = self.population.scorer.max_batch
        place, parts = np.arange(len(self.owner)), []
        for at in range(0, len(origins), size):
            mixed = self._flat[origins[at : at + size][:, self.owner], place]
            parts.append(self.scores(mixed))
        return np.concatenate(parts)

    def responses(self, chosen: Array, rows: Array) -> Array:
        """``(n, n, outputs)``: the score when the ``chosen`` features ``(features,)`` bool are a
        row's own, of each of ``rows`` ``(n,)``, and the others those of each of ``rows`` in turn.
        Less than ``scorer.max_batch`` + n inputs exist at once."""
        own, flat = chosen[self.owner], self._flat[rows]
        at_once = max(1, self.population.scorer.max_batch // len(rows))
        found = []
        for start in range(0, len(rows), at_once):
            part = flat[start : start + at_once]
            mixed = np.where(own, part[:, None], flat).reshape(-1, flat.shape[1])
            found.append(self.scores(mixed).reshape(len(part), len(rows), -1))
        return np.concatenate(found)

    def dependence(self, chosen: Array, rows: Array) -> Array:
        """``(n, outputs)`` partial dependence: :meth:`responses` averaged over the company."""
        return np.asarray(self.responses(chosen, rows).mean(axis=1))
