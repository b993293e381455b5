"""Window: the fit learns from the latest rows alone, for the world has moved on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.data.order import ROW, moments
from xaiframe.errors import NotApplicable
from xaiframe.facts import Fact
from xaiframe.repair.repaired import Repaired

FEWEST = 20


@dataclass(frozen=True)
class Window:
    """Training rows in the order of time, all but the latest left out.

    share, rows
        how much stays: a share of the training rows in (0, 1], or so many rows where ``rows`` is
        above 0. Rows of one moment stay together.
    column
        the column that tells time; empty: the data's own.
    """

    modalities = ("table", "image", "text", "series")

    share: float = 0.5
    rows: int = 0
    column: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"window: share must be above 0 and at most 1, not {self.share}")
        if self.rows < 0:
            raise ValueError(f"window: rows must be at least 0, not {self.rows}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts kept_share and undated_rows (left out too). Raises NotApplicable where no time is
        known, where fewer than 20 rows would stay, or none of some class."""
        name = self.column or data.time
        when = moments(train, name)
        if name == ROW:  # a copy that a repair added has no place of its own in the source
            when = np.where(np.isin(train.ids, data.train.ids), when, np.nan)
        known = np.isfinite(when)
        wanted = min(self.rows or int(np.ceil(self.share * len(train))), int(known.sum()))
        if wanted < FEWEST:
            raise NotApplicable(f"{wanted} rows would be left to learn from, at least {FEWEST}")
        first = np.sort(when[known])[-wanted]
        kept = np.flatnonzero(known & (when >= first))
        if data.classes and len(np.unique(train.y[kept])) < len(np.unique(train.y)):
            raise NotApplicable("a class would have no rows in the window")
        facts = [
            Fact("kept_share", len(kept) / len(train), "share", n=len(train)),
            Fact("undated_rows", int((~known).sum()), "rows", n=len(train), better="lower"),
        ]
        return Repaired(train.take(kept), facts)
