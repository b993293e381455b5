"""Impute: what the model takes for a missing number, inside the model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.model.preparation import Filling
from xaiframe.repair.numbers import NONE, Numbers
from xaiframe.repair.repaired import PLAIN, Conduct, Repaired

Strategy = Literal["median", "mean", "zero", "iterative"]
STRATEGIES: tuple[Strategy, ...] = ("median", "mean", "zero", "iterative")
ROWS = 5000
"""Training rows that the iterative imputer is fitted on at most."""
MOST = 60
"""Numeric columns that it may regress on each other."""


@dataclass(frozen=True)
class Impute:
    """A layer before the network's scaling that puts its own number where one is missing.

    The data stay as they are, in every split: a missing number is the training median there, with
    an indicator beside it, and by the indicator the layer knows. So what is filled in comes with
    the model, to validation, test, explanations and new rows alike, and the network still sees the
    indicator. Columns without a missing cell in training keep the median.

    strategy
        ``median`` (what the data already hold), ``mean``, ``zero``, or ``iterative``: each column
        by a Bayesian ridge regression on the others, in turn (van Buuren & Groothuis-Oudshoorn
        2011, doi:10.18637/jss.v045.i03; scikit-learn's IterativeImputer).
    rounds
        of the iterative imputer, at least 1.
    """

    modalities = ("table",)

    strategy: Strategy = "iterative"
    rounds: int = 10

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            known = ", ".join(STRATEGIES)
            raise ValueError(f"impute: strategy must be one of {known}, not {self.strategy!r}")
        if self.rounds < 1:
            raise ValueError(f"impute: rounds must be at least 1, not {self.rounds}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts filled_cells, filled_columns, and converged of the iterative imputer; table filled
        per column. Raises NotApplicable where no number is missing in training."""
        if data.modality != "table":
            raise NotApplicable("only the columns of a table can be missing")
        numbers = Numbers.of(data)
        holes = np.flatnonzero(numbers.gap != NONE)
        missing = numbers.missing(train.x)[:, holes]
        if not missing.any():
            raise NotApplicable("no number is missing in the training rows")
        layer, notes = self._layer(numbers, holes, numbers.present(train.x), seed)
        x = train.x if layer is None else layer(torch.as_tensor(train.x)).numpy()
        filled = pd.DataFrame(
            {
                "column": [numbers.names[hole] for hole in holes],
                "cells": missing.sum(axis=0),
                "median": [
                    median(train.x[:, numbers.at[h]], gone)
                    for h, gone in zip(holes, missing.T, strict=True)
                ],
                "now": [
                    median(x[:, numbers.at[h]], gone)
                    for h, gone in zip(holes, missing.T, strict=True)
                ],
            }
        )
        n, conduct = len(train), PLAIN if layer is None else Conduct(preparations=(layer,))
        facts = [
            Fact("filled_cells", int(missing.sum()), "cells", n=n),
            Fact("filled_columns", int(missing.any(axis=0).sum()), "columns", n=len(numbers.at)),
            *notes,
        ]
        return Repaired(replace(train, x=x), facts, {"filled": filled}, conduct)

    def _layer(
        self, numbers: Numbers, holes: Array, present: Array, seed: int
    ) -> tuple[Filling | None, list[Fact]]:
        """The layer, None for the median; ``present`` ``(n, k)``: all numbers and gaps."""
        if self.strategy == "median":
            return None, []
        if self.strategy == "iterative":
            return iterative(numbers, holes, present, self.rounds, seed)
        start = np.zeros(len(holes))
        if self.strategy == "mean":
            start = means(present[:, holes])
        return filling(numbers, holes, start), []


def iterative(
    numbers: Numbers, holes: Array, present: Array, rounds: int, seed: int
) -> tuple[Filling, list[Fact]]:
    """The regressions of scikit-learn's imputer, written out as steps of a layer.

    Raises NotApplicable beyond :data:`MOST` numeric columns.
    """
    if present.shape[1] > MOST:
        raise NotApplicable(f"{present.shape[1]} numeric columns are too many, at most {MOST}")
    random = np.random.default_rng([seed, 223])
    chosen = np.sort(random.choice(len(present), min(ROWS, len(present)), replace=False))
    rows = present[chosen]
    low, high = (bound(rows, axis=0) for bound in (floor, ceiling))
    imputer = IterativeImputer(
        max_iter=rounds, random_state=seed, skip_complete=True, keep_empty_features=True,
        min_value=low, max_value=high,
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        imputer.fit(rows)
    order, weights, bias = [], [], []
    place = {int(hole): at for at, hole in enumerate(holes)}
    for column, others, model in imputer.imputation_sequence_:
        if int(column) in place:
            weight = np.zeros(present.shape[1])
            weight[others] = model.coef_
            order.append(place[int(column)])
            weights.append(weight)
            bias.append(float(model.intercept_))
    start = np.nan_to_num(imputer.initial_imputer_.statistics_[holes])
    made = filling(numbers, holes, start, order, np.array(weights), np.array(bias), low, high)
    converged = not any(issubclass(one.category, ConvergenceWarning) for one in caught)
    told = [Fact("converged", converged, n=len(rows), source=source("scikit-learn"))]
    return made, told


def filling(
    numbers: Numbers,
    holes: Array,
    start: Array,
    order: Any = (),
    weights: Array | None = None,
    bias: Array | None = None,
    low: Array | None = None,
    high: Array | None = None,
) -> Filling:
    """The layer of these holes; without steps it puts ``start``."""
    wide = len(numbers.at)
    weights = np.zeros((0, wide)) if weights is None or not len(weights) else weights
    real = {
        "start": start,
        "weights": weights,
        "bias": np.zeros(0) if bias is None else bias,
        "low": np.full(len(holes), -np.inf) if low is None else low[holes],
        "high": np.full(len(holes), np.inf) if high is None else high[holes],
    }
    whole = {"at": numbers.at[holes], "gap": numbers.gap[holes], "read": numbers.at,
             "order": np.array(order, dtype=np.int64)}  # fmt: skip
    return Filling(
        **{name: torch.as_tensor(one, dtype=torch.float32) for name, one in real.items()},
        **{name: torch.as_tensor(one, dtype=torch.int64) for name, one in whole.items()},
    )


def means(values: Array) -> Array:
    """``(k,)`` mean of what is there, 0 of nothing."""
    there = ~np.isnan(values)
    return np.nansum(values, axis=0) / np.maximum(there.sum(axis=0), 1)


def floor(values: Array, axis: int) -> Array:
    """Smallest number that is there, −1 of nothing."""
    empty = np.isnan(values).all(axis=axis)
    return np.where(empty, -1.0, np.nanmin(np.where(empty, 0.0, values), axis=axis))


def ceiling(values: Array, axis: int) -> Array:
    """Largest number that is there, 1 of nothing; above the smallest."""
    empty = np.isnan(values).all(axis=axis)
    top = np.where(empty, 1.0, np.nanmax(np.where(empty, 0.0, values), axis=axis))
    return np.where(top > floor(values, axis), top, top + 1e-6 * (1 + np.abs(top)))


def median(values: Array, rows: Array) -> float:
    """Median over some rows; NaN over none."""
    return float(np.median(values[rows])) if rows.any() else float("nan")
