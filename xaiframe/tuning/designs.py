"""Designs: searches whose points are known before the first trial, on a grid or spread evenly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, log2, prod
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial
from scipy.stats.qmc import Sobol

from xaiframe.tuning.space import Parameter

CELLS = 100_000
"""The largest grid; nobody fits so many models."""
Point = Mapping[str, Any]


class Fixed(BaseSampler):
    """A sampler of one known point; ``other`` draws what the point does not name."""

    def __init__(self, point: Point, other: BaseSampler) -> None:
        self.point, self.other = point, other

    def infer_relative_search_space(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        if param_name in self.point:
            return self.point[param_name]
        return self.other.sample_independent(study, trial, param_name, param_distribution)


def cells(parameters: Sequence[Parameter], points: int) -> int:
    """How many cells the grid has."""
    return prod(len(one.levels(points)) for one in parameters)


def grid(
    parameters: Sequence[Parameter], points: int, start: Mapping[str, Any], seed: int
) -> list[Point]:
    """Every cell but that of ``start``, in an order that the seed decides.

    Shuffled, so that a search that is cut short has seen all of the space, thinly.
    """
    levels = [one.levels(points) for one in parameters]
    order = np.random.default_rng([seed, len(levels)]).permutation(cells(parameters, points))
    places = np.unravel_index(order, [len(one) for one in levels])
    found = [
        {one.name: level[place] for one, level, place in zip(parameters, levels, cell, strict=True)}
        for cell in zip(*places, strict=True)
    ]
    return [point for point in found if point != dict(start)]


def spread(parameters: Sequence[Parameter], trials: int, seed: int) -> list[Point]:
    """Scrambled Sobol points (Owen 1998, doi:10.1145/282826.282828), choices included.

    The first points are the same however many follow.
    """
    engine = Sobol(len(parameters), scramble=True, rng=np.random.default_rng([seed, 0]))
    shares = engine.random_base2(max(1, ceil(log2(max(2, trials)))))
    return [
        {one.name: one.at(float(share)) for one, share in zip(parameters, row, strict=True)}
        for row in shares
    ]
