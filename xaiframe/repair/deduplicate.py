"""Deduplicate: a row that is there several times is learnt once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.precaution.resemblance.twins import fingerprints
from xaiframe.repair.repaired import Repaired, weighted


@dataclass(frozen=True)
class Deduplicate:
    """One row stays of those whose raw columns, message or picture are equal, the first.

    action
        ``drop``: it counts once; ``merge``: it counts as many times as it was there.
    conflicts
        copies under different classes: ``majority``: the row takes the commonest, and goes where
        two are equally common; ``drop``: all go. Targets that are numbers become their mean.
    leaks
        also drop training rows that stand in validation or test, whatever their label: those splits
        would otherwise test what was learnt by heart. They stay as they are.
    """

    modalities = ("table", "image", "text", "series")

    action: Literal["drop", "merge"] = "drop"
    conflicts: Literal["majority", "drop"] = "majority"
    leaks: bool = False

    def __post_init__(self) -> None:
        if self.action not in ("drop", "merge"):
            raise ValueError(f"deduplicate: action must be drop or merge, not {self.action!r}")
        if self.conflicts not in ("majority", "drop"):
            told = f"deduplicate: conflicts must be majority or drop, not {self.conflicts!r}"
            raise ValueError(told)

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts repeated_rows, conflicting_rows, leaking_rows; raises NotApplicable where nothing
        would be left to learn from."""
        keys = fingerprints(train, data)
        seen = self._seen(keys, data)
        rows = np.flatnonzero(~seen)
        _, first, group = np.unique(keys[rows], return_index=True, return_inverse=True)
        y, sure, conflict = agreed(train.y[rows], group, len(first), data.task)
        if self.conflicts == "drop":
            sure = sure & ~conflict
        kept = np.flatnonzero(sure)
        kept = kept[np.argsort(first[kept])]
        if not len(kept) or (data.classes and len(np.unique(y[kept])) < 2):
            raise NotApplicable("what is left would have no rows, or a single class")
        made = train.take(rows[first[kept]])
        made = replace(made, y=y[kept].astype(train.y.dtype))
        if self.action == "merge":
            counts = np.bincount(group, minlength=len(first))[kept]
            made = weighted(made, counts)
        n = len(train)
        facts = [
            Fact("repeated_rows", len(rows) - len(first), "rows", n=n, better="lower"),
            Fact("conflicting_rows", int(conflict[group].sum()), "rows", n=n, better="lower"),
            Fact("leaking_rows", int(seen.sum()), "rows", n=n, better="lower"),
        ]
        return Repaired(made, facts)

    def _seen(self, keys: Array, data: Data) -> Array:
        """``(n,)`` whether a training row is to go because another split has it."""
        if not self.leaks:
            return np.zeros(len(keys), dtype=bool)
        other = [fingerprints(split, data) for split in (data.validation, data.test)]
        return np.isin(keys, np.concatenate(other))


def agreed(y: Array, group: Array, groups: int, task: str) -> tuple[Array, Array, Array]:
    """Per group of equal rows: its target, whether it is clear, whether its rows disagree."""
    if task == "regression":
        total = np.bincount(group, y, groups) / np.bincount(group, minlength=groups)
        return total, np.ones(groups, dtype=bool), np.zeros(groups, dtype=bool)
    counts = np.zeros((groups, int(y.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(counts, (group, y), 1)
    best = counts.max(axis=1)
    clear = (counts == best[:, None]).sum(axis=1) == 1
    return counts.argmax(axis=1), clear, (counts > 0).sum(axis=1) > 1
