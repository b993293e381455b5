"""Group features: columns that say the same speak with one voice, or all but one are silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.model.preparation import Projection
from xaiframe.repair.numbers import Numbers
from xaiframe.repair.repaired import Conduct, Repaired


@dataclass(frozen=True)
class GroupFeatures:
    """A layer before the network's scaling that joins columns which correlate.

    Groups are complete-linkage clusters of Pearson's |r| over the training rows: every pair in one
    correlates by ``threshold`` or more. The data keep their columns, so that statements of
    knowledge, sensitive features and pictures still name them; what changes is what the network
    can tell apart.

    action
        ``component``: each column becomes what the group's first principal component says of it,
        so that credit is shared by a fixed rule instead of by chance; ``drop``: the column closest
        to the others stays, the rest are held at their training mean and get no attribution.
    threshold
        smallest |r| within a group, in (0, 1).
    """

    modalities = ("table",)

    action: Literal["component", "drop"] = "component"
    threshold: float = 0.9

    def __post_init__(self) -> None:
        if self.action not in ("component", "drop"):
            raise ValueError(
                f"group_features: action must be component or drop, not {self.action!r}"
            )
        if not 0 < self.threshold < 1:
            raise ValueError(f"group_features: threshold must lie in 0 … 1, not {self.threshold}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts groups, grouped_columns, kept_variance (of the grouped columns, standardised);
        table groups. Raises NotApplicable where no two numeric columns correlate so much."""
        if data.modality != "table":
            raise NotApplicable("only the columns of a table mean the same in every row")
        numbers = Numbers.of(data)
        values = train.x[:, numbers.at].astype(np.float64)
        varying = np.flatnonzero(values.std(axis=0) > 0)
        found = clusters(values[:, varying], self.threshold)
        groups = [varying[group] for group in found]
        if not groups:
            raise NotApplicable(f"no two numeric columns correlate by {self.threshold:g} or more")
        z = (values - values.mean(axis=0)) / np.where(values.std(axis=0) > 0, values.std(axis=0), 1)
        wide, kept, parts = len(numbers.at), [], []
        voice = np.eye(wide)
        for number, group in enumerate(groups, start=1):
            own, share, leader = self._voice(z[:, group])
            voice[np.ix_(group, group)] = own
            kept.append(share * len(group))
            parts += [
                (number, numbers.names[one], bool(at == leader)) for at, one in enumerate(group)
            ]
        layer = projection(voice, numbers, values, train.x.shape[1])
        x = layer(torch.as_tensor(train.x)).numpy()
        joined, n = sum(map(len, groups)), len(train)
        facts = [
            Fact("groups", len(groups), "groups", n=n, source=source("scipy")),
            Fact("grouped_columns", joined, "columns", n=n),
            Fact("kept_variance", sum(kept) / joined, "share", n=n, better="higher"),
        ]
        table = pd.DataFrame(parts, columns=["group", "column", "leads"])
        conduct = Conduct(preparations=(layer,))
        return Repaired(replace(train, x=x), facts, {"groups": table}, conduct)

    def _voice(self, z: Array) -> tuple[Array, float, int]:
        """``(k, k)`` what each standardised column becomes, the share of variance that leaves, and
        the position of the column that leads."""
        r = z.T @ z / len(z)
        leader = int(np.abs(r).sum(axis=0).argmax())
        if self.action == "drop":
            only = np.zeros_like(r)
            only[leader, leader] = 1.0
            return only, 1 / len(r), leader
        strength, directions = np.linalg.eigh(r)
        first = directions[:, -1]
        return np.outer(first, first), float(strength[-1] / strength.sum()), leader


def clusters(values: Array, threshold: float) -> list[Array]:
    """Positions of the columns of ``values`` ``(n, k)`` in each group of two and more."""
    if values.shape[1] < 2:
        return []
    distance = 1 - np.abs(np.corrcoef(values, rowvar=False))
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(np.clip(distance, 0, None), checks=False), "complete")
    number = fcluster(tree, 1 - threshold, "distance")
    groups = [np.flatnonzero(number == one) for one in np.unique(number)]
    return sorted((one for one in groups if len(one) > 1), key=lambda one: int(one[0]))


def projection(voice: Array, numbers: Numbers, values: Array, elements: int) -> Projection:
    """The layer that does to inputs in the user's units what ``voice`` ``(k, k)`` does to
    standardised numbers; every other element passes."""
    sd, mean = values.std(axis=0), values.mean(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    matrix, offset = np.eye(elements), np.zeros(elements)
    scaled = voice * sd[None] / sd[:, None]
    matrix[np.ix_(numbers.at, numbers.at)] = scaled
    offset[numbers.at] = mean - mean @ scaled
    return Projection(
        torch.as_tensor(matrix, dtype=torch.float32), torch.as_tensor(offset, dtype=torch.float32)
    )
