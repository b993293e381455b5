"""Mask: features that the network is never to see, held at their training mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.facts import Fact
from xaiframe.model.preparation import Holding
from xaiframe.repair.repaired import Conduct, Repaired


@dataclass(frozen=True)
class Mask:
    """A layer before the network's scaling that holds the named features at their training mean.

    The data keep them, so that checks, pictures and statements of knowledge still name them; what
    changes is what the network can tell apart, in training and afterwards alike, so that it
    neither relies on them nor misses them.

    features
        names of the interpretable features: patches, columns, segments.
    """

    modalities = ("table", "image", "series")

    features: Sequence[str] = ()

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts masked_features, masked_elements; table masked (feature). Raises NotApplicable
        where a feature is not there or differs from instance to instance, or all are named."""
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
        held = gone[data.feature_mask]
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
        table = pd.DataFrame({"feature": [name for name in data.features if name in self.features]})
        return Repaired(
            replace(train, x=x), facts, {"masked": table}, Conduct(preparations=(layer,))
        )
