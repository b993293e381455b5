"""Suspects: training rows whose labels the purity check doubts are left out, or relabelled."""

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
from xaiframe.repair.repaired import Repaired

TABLE = "purity.suspects"


@dataclass(frozen=True)
class Suspects:
    """Acts on the rows that precaution ``purity`` lists as mislabelled, the most doubtful first.

    Validation rows stay as they are: where many of their labels are wrong too, a loss that does not
    expect it ends the fit too early, so that ``noise_correction`` belongs beside it.

    action
        ``drop`` leaves them out of the fit, ``relabel`` gives them the class that purity suggests.
    most
        largest share of the training rows that may be acted on, in (0, 1]: the list holds correct
        rows too, more of them the longer it is.
    least
        probability of being wrong, in [0, 1), from which a listed class is acted on: where classes
        overlap, half the list may be right. Numbers have none, and are acted on as listed.
    """

    modalities = ("table", "image", "text", "series")
    reads = ("purity.suspects",)

    action: Literal["drop", "relabel"] = "drop"
    most: float = 0.1
    least: float = 0.0

    def __post_init__(self) -> None:
        if self.action not in ("drop", "relabel"):
            raise ValueError(f"suspects: action must be drop or relabel, not {self.action!r}")
        if not 0 < self.most <= 1:
            raise ValueError(f"suspects: most must be above 0 and at most 1, not {self.most}")
        if not 0 <= self.least < 1:
            raise ValueError(f"suspects: least must be at least 0 and below 1, not {self.least}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts listed_rows (suspects among the rows), treated_rows, spared_rows (less surely
        wrong, beyond ``most``, or the last of their class). Raises NotApplicable where there are
        none."""
        table = tables[TABLE].drop_duplicates("id")
        there = table[table["id"].isin(train.ids)]
        if there.empty:
            raise NotApplicable("purity suspects none of the training rows")
        likely = there
        if "wrong" in there:  # another's list of suspects may not say
            likely = there[there["wrong"].isna() | (there["wrong"] >= self.least)]
        if likely.empty:
            raise NotApplicable(f"of {len(there)} suspects none is wrong with p ≥ {self.least:g}")
        chosen = likely.head(int(self.most * len(train)))
        rows = pd.Index(train.ids).get_indexer(pd.Index(chosen["id"]))
        if self.action == "drop":
            made, treated = self._dropped(train, rows, data)
        else:
            made, treated = self._relabelled(train, rows, chosen["suggested"], data)
        n = len(train)
        facts = [
            Fact("listed_rows", len(there), "rows", n=n, better="lower"),
            Fact("treated_rows", treated, "rows", n=n),
            Fact("spared_rows", len(there) - treated, "rows", n=n),
        ]
        return Repaired(made, facts)

    def _dropped(self, train: Split, rows: Array, data: Data) -> tuple[Split, int]:
        gone = np.zeros(len(train), dtype=bool)
        gone[rows] = True
        if data.task == "classification":
            left = np.bincount(train.y[~gone], minlength=len(data.classes))
            gone &= left[train.y] > 0  # a class must not vanish
        return train.take(np.flatnonzero(~gone)), int(gone.sum())

    def _relabelled(
        self, train: Split, rows: Array, suggested: pd.Series, data: Data
    ) -> tuple[Split, int]:
        y = train.y.copy()
        if data.task == "classification":
            codes = pd.Index(data.classes).get_indexer(pd.Index(suggested.astype(str)))
        else:
            codes = suggested.to_numpy(dtype=np.float64, na_value=np.nan)
        known = codes >= 0 if data.task == "classification" else np.isfinite(codes)
        if not known.any():
            raise NotApplicable("purity suggests no other target for its suspects")
        y[rows[known]] = codes[known]
        if data.task == "classification" and len(np.unique(y)) < len(np.unique(train.y)):
            raise NotApplicable("relabelling would empty a class")
        return replace(train, y=y), int(known.sum())
