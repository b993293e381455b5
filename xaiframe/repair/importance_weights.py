"""Importance weights: training rows that look like test rows count more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.facts import Fact, source
from xaiframe.precaution.drift.ratio import likeness
from xaiframe.repair.repaired import Repaired, effective, weighted

POWERS = np.linspace(1, 0, 21)


@dataclass(frozen=True)
class ImportanceWeights:
    """Each row weighs p_test(x) ÷ p_train(x), read off a classifier that tells the two apart.

    Shimodaira 2000 (doi:10.1016/S0378-3758(00)00115-4); the ratio is the classifier's odds (Bickel
    et al. 2009, JMLR 10). It sees inputs alone, never a label of the test split: numbers, their
    squares, levels; each row is rated by a classifier that was not fitted on it.

    most
        largest weight, in multiples of the mean, at least 1.
    least
        smallest effective share of the rows, in (0, 1): where the weights leave less, they are
        flattened (raised to a power below 1) until they leave that much.
    folds
        of the cross-validation, at least 2.
    """

    modalities = ("table", "image", "text", "series")

    most: float = 10.0
    least: float = 0.3
    folds: int = 5

    def __post_init__(self) -> None:
        if not self.most >= 1:
            raise ValueError(f"importance_weights: most must be at least 1, not {self.most}")
        if not 0 < self.least < 1:
            raise ValueError(f"importance_weights: least must lie in 0 … 1, not {self.least}")
        if self.folds < 2:
            raise ValueError(f"importance_weights: folds must be at least 2, not {self.folds}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts domain_auc (out of fold), power (1: not flattened), clipped_rows.

        Raises NotApplicable where the classifier cannot tell test from training rows: weights
        would be noise.
        """
        n, m = len(train), len(data.test)
        if min(n, m) < 10 * self.folds:
            raise NotApplicable(f"{min(n, m)} rows are too few to rate inputs by")
        told = likeness(train.frame, data.test.frame, self.folds, seed)
        auc, half = told.auc, told.half
        if auc - half <= 0.5:
            raise NotApplicable(f"test rows look like training rows (AUC {auc:.2f} ± {half:.2f})")
        odds, clipped = told.odds, told.clipped(self.most)
        power = next(p for p in POWERS if effective(clipped**p) >= self.least * n)
        facts = [
            Fact("domain_auc", auc, "AUC", n=n + m, interval=(auc - half, min(auc + half, 1.0)),
                 source=source("scikit-learn")),
            Fact("power", float(power), "", n=n, better="higher"),
            Fact("clipped_rows", int((odds > clipped).sum()), "rows", n=n, better="lower"),
        ]  # fmt: skip
        return Repaired(weighted(train, clipped**power), facts)
