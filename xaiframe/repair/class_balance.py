"""Class balance: every class counts as much in the fit, however many rows it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.facts import Fact
from xaiframe.repair.repaired import Repaired, weighted


@dataclass(frozen=True)
class ClassBalance:
    """Rows of a class weigh n ÷ (k·n_c), as scikit-learn's ``class_weight="balanced"``.

    use
        ``weights``: in the loss; ``sampler``: as the frequency with which a row is drawn, so that a
        rare class fills its share of every batch (copies of the same few rows).
    """

    modalities = ("table", "image", "text", "series")
    tasks = ("classification",)

    use: Literal["weights", "sampler"] = "weights"

    def __post_init__(self) -> None:
        if self.use not in ("weights", "sampler"):
            raise ValueError(f"class_balance: use must be weights or sampler, not {self.use!r}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts rarest_weight and commonest_weight. Raises NotApplicable for a single class, and
        for regression."""
        if data.task != "classification":
            raise NotApplicable("regression has no classes to balance")
        part = np.ones(len(train)) if train.weight is None else train.weight.astype(np.float64)
        mass = np.bincount(train.y, part, len(data.classes))
        there = mass > 0
        if there.sum() < 2:
            raise NotApplicable("there is only one class among the training rows")
        factor = np.where(there, mass.sum() / (there.sum() * np.where(there, mass, 1)), 0.0)
        facts = [
            Fact("rarest_weight", float(factor.max()), "of the mean", n=len(train)),
            Fact("commonest_weight", float(factor[there].min()), "of the mean", n=len(train)),
        ]
        if self.use == "weights":
            return Repaired(weighted(train, factor[train.y]), facts)
        draw = factor[train.y] * (1.0 if train.draw is None else train.draw)
        return Repaired(replace(train, draw=(draw / draw.mean()).astype(np.float32)), facts)
