"""Reweighing: among the weighted training rows, class and sensitive group are independent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.precaution.columns import distinct, kind, texts
from xaiframe.repair.repaired import Repaired, weighted

BANDS = 4
"""Quantile groups of a sensitive column of many numbers (an age)."""


@dataclass(frozen=True)
class Reweigh:
    """Each row weighs P(group)·P(class) ÷ P(group, class), as counted in training.

    Kamiran & Calders 2012 (doi:10.1007/s10115-011-0463-8). Groups are the combinations of the
    sensitive columns' values; numbers of more than ten values in four bands of equal rows.

    most
        largest weight: a combination of one row in thousands would otherwise decide the fit; above
        0, and what is cut off leaves a rest of dependence, printed as ``dependence_after``.
    """

    modalities = ("table", "image", "text", "series")
    tasks = ("classification",)
    needs = ("sensitive",)

    most: float = 20.0

    def __post_init__(self) -> None:
        if not self.most >= 1:
            raise ValueError(f"reweigh: most must be at least 1, not {self.most}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts groups, dependence_before and dependence_after (largest difference between a
        group's share of a class and the whole's), empty_cells; table cells.

        Raises NotApplicable for regression, without sensitive columns, or with a single group.
        """
        if data.task != "classification":
            raise NotApplicable("regression has no classes to make independent of a group")
        group, names = groups(train, data)
        part = np.ones(len(train)) if train.weight is None else train.weight.astype(np.float64)
        shape = (len(names), len(data.classes))
        cell = np.ravel_multi_index((group, train.y), shape)
        mass = np.bincount(cell, part, shape[0] * shape[1]).reshape(shape)
        if (mass.sum(axis=1) > 0).sum() < 2 or (mass.sum(axis=0) > 0).sum() < 2:
            raise NotApplicable("there is a single group, or a single class, in training")
        wanted = np.outer(mass.sum(axis=1), mass.sum(axis=0)) / mass.sum()
        ratio = np.divide(wanted, mass, out=np.zeros(shape), where=mass > 0)
        factor = np.minimum(ratio, self.most)
        after = weighted(train, factor.reshape(-1)[cell])
        assert after.weight is not None
        now = np.bincount(cell, after.weight, shape[0] * shape[1]).reshape(shape)
        n = len(train)
        facts = [
            Fact("groups", len(names), "groups", n=n),
            Fact("dependence_before", dependence(mass), "share", n=n, better="lower"),
            Fact("dependence_after", dependence(now), "share", n=n, better="lower"),
            # A combination that never occurs cannot be weighted up.
            Fact("empty_cells", int((mass == 0).sum()), "cells", n=n, better="lower"),
        ]
        return Repaired(after, facts, {"cells": self._cells(names, data, mass, factor, cell)})

    def _cells(
        self, names: list[str], data: Data, mass: Array, factor: Array, cell: Array
    ) -> pd.DataFrame:
        """One row per group and class: rows there are, and what each weighs."""
        return pd.DataFrame(
            {
                "group": np.repeat(np.array(names, dtype=object), len(data.classes)),
                "class": np.tile(np.array(data.classes, dtype=object), len(names)),
                "rows": np.bincount(cell, minlength=mass.size),
                "weight": factor.reshape(-1),
            }
        )


def groups(train: Split, data: Data) -> tuple[Array, list[str]]:
    """``(n,)`` number of each row's group, and the groups' names."""
    columns = [(name, train.column(name)) for name in data.sensitive]
    known = [(name, column) for name, column in columns if column is not None]
    if not known:
        raise NotApplicable("no sensitive column is in the data")
    told = [f"{name}=" + banded(column) for name, column in known]
    joint = told[0]
    for one in told[1:]:
        joint = joint + ", " + one
    numbers, names = pd.factorize(joint, sort=True)
    return numbers, [str(name) for name in names]


def banded(column: pd.Series) -> pd.Series:
    """The column as text; many numbers as the number of their band."""
    if kind(column) == "numeric" and distinct(column) > 10:
        band = pd.Series(pd.qcut(column, BANDS, duplicates="drop")).astype(str)
        return band.where(column.notna(), "(missing)").reset_index(drop=True)
    return texts(column).reset_index(drop=True)


def dependence(mass: Array) -> float:
    """Largest difference between a group's share of a class and the class's share of all."""
    filled = mass[mass.sum(axis=1) > 0]
    own = filled / filled.sum(axis=1, keepdims=True)
    return float(np.abs(own - mass.sum(axis=0) / mass.sum()).max())
