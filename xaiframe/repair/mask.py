"""Mask: features that the network is never to see, held at their training mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.model.preparation import Holding
from xaiframe.probe.telling import above_chance, alone, some, telling
from xaiframe.repair.repaired import Conduct, Repaired

ROWS = 1000
"""Training rows that say which elements tell, at most."""


@dataclass(frozen=True)
class Mask:
    """A layer before the network's scaling that holds the named features at their training mean.

    The data keep them, so that checks, pictures and statements of knowledge still name them; what
    changes is what the network can tell apart, in training and afterwards alike, so that it
    neither relies on them nor misses them.

    features
        names of the interpretable features: patches, columns, segments.
    elements
        ``all`` of theirs, or those that are ``telling``: without which the feature tells of the
        target no more than the features that are not named (:mod:`xaiframe.probe.telling`), so
        that the strokes beside a mark can still be learnt from. Training rows alone decide.
    """

    modalities = ("table", "image", "series")

    features: Sequence[str] = ()
    elements: Literal["all", "telling"] = "all"

    def __post_init__(self) -> None:
        if self.elements not in ("all", "telling"):
            raise ValueError(f"mask: elements must be all or telling, not {self.elements!r}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts masked_features, masked_elements; table masked (feature, held, elements: how many
        are held, of how many). Raises NotApplicable where a feature is not there or differs from
        instance to instance, or all are named."""
        if not data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none can be masked")
        unknown = [name for name in self.features if name not in data.features]
        if unknown:
            listed = ", ".join(data.features[:8])
            raise NotApplicable(f"the data have no feature {unknown[0]!r}; some are {listed}")
        if not self.features:
            raise NotApplicable("no feature is named to be masked")
        gone = np.isin(data.features, list(self.features))
        if gone.all():
            raise NotApplicable("all features are named, nothing would be left to learn from")
        held = self._held(train, data, gone, seed)
        mean = train.x.mean(axis=0, dtype=np.float64)
        layer = Holding(
            torch.as_tensor(~held, dtype=torch.float32),
            torch.as_tensor(np.where(held, mean, 0.0), dtype=torch.float32),
        )
        x = layer(torch.as_tensor(train.x)).numpy()
        facts = [
            Fact("masked_features", int(gone.sum()), "features", n=len(train)),
            Fact("masked_elements", int(held.sum()), "elements", n=len(train)),
        ]
        counts = (np.bincount(data.feature_mask[one], minlength=len(gone))[gone]
                  for one in (held, gone[data.feature_mask]))  # fmt: skip
        table = pd.DataFrame({"feature": np.array(data.features)[gone]})
        table["held"], table["elements"] = counts
        return Repaired(
            replace(train, x=x), facts, {"masked": table}, Conduct(preparations=(layer,))
        )

    def _held(self, train: Split, data: Data, gone: Array, seed: int) -> Array:
        """``input_shape`` bool: the elements to hold of the features ``gone`` ``(features,)``."""
        if self.elements == "all" or data.modality == "table":
            return np.asarray(gone[data.feature_mask])
        rows = some(train, ROWS, np.random.default_rng([seed, 641]))
        others = (
            above_chance(data, rows.y, alone(data, rows, data.feature_mask == one, seed))
            for one in np.flatnonzero(~gone)
        )
        return telling(data, rows, np.flatnonzero(gone), max(others), seed)
