"""Which features stand together: columns that vary alike, neighbours, words in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.stats import rankdata

from xaiframe.data.spread import evenly
from xaiframe.explanation import Array
from xaiframe.probe.bank import Bank

ROWS = 1000
"""Training rows, evenly spread, that tell which columns vary alike."""


@dataclass(frozen=True)
class Group:
    """Features that stand together and, if they are several, the two ``halves`` they fall into."""

    members: tuple[int, ...]
    halves: tuple[Group, Group] | None = None

    def among(self, wanted: frozenset[int]) -> Group | None:
        """The same hierarchy of only the ``wanted`` features; None where there are none."""
        if self.halves is None:
            return self if self.members[0] in wanted else None
        left, right = (half.among(wanted) for half in self.halves)
        return joined(left, right) if left and right else left or right

    def grown(self, trees: Mapping[int, Group]) -> Group:
        """This hierarchy with a tree in the place of each single member."""
        if self.halves is None:
            return trees[self.members[0]]
        left, right = (half.grown(trees) for half in self.halves)
        return joined(left, right)


class Hierarchies:
    """The hierarchy of each instance of a bank over the features that differ from the background.

    Tables: average linkage of 1 − |rank correlation| on the training split, of two features the
    largest between their columns. Pictures: halved across their longer side again and again.
    Text: halved in the order of the words. Series: channels by their correlation, each channel
    halved in time.
    """

    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    def of(self, position: int, members: Array) -> Group:
        """The hierarchy of the features ``members`` (at least one) of one instance."""
        modality, wanted = self.bank.modality, frozenset(members.tolist())
        if modality == "table":
            found = self._columns.among(wanted)
            assert found is not None  # every feature has a column
            return found
        if modality == "text":
            return bisected(members, members[:, None])
        centres = self._centres(position, members)
        if modality == "image":
            return bisected(members, centres[:, -2:])
        return self._channels(members, centres)

    @cached_property
    def _columns(self) -> Group:
        x = self.bank.data.train.x
        return clustered(x.reshape(len(x), -1), self.bank.feature_mask.reshape(-1))

    def _channels(self, members: Array, centres: Array) -> Group:
        """``centres`` ``(k, 2)``: channel and time."""
        channel = centres[:, 0].astype(int)
        trees = {
            one: bisected(members[channel == one], centres[channel == one, 1:])
            for one in np.unique(channel).tolist()
        }
        together = self._alike.among(frozenset(trees))
        assert together is not None  # every segment has a channel
        return together.grown(trees)

    @cached_property
    def _alike(self) -> Group:
        """The channels, by how alike they vary over all series and times."""
        channels = np.moveaxis(self.bank.data.train.x, 1, -1)
        return clustered(channels.reshape(-1, channels.shape[-1]), np.arange(channels.shape[-1]))

    def _centres(self, position: int, members: Array) -> Array:
        """``(k, axes)`` mean place of each feature's elements."""
        mask = self.bank.feature_mask
        own = mask[position] if self.bank.own_features else mask
        places = np.indices(own.shape).reshape(own.ndim, -1)
        counts = np.bincount(own.reshape(-1), minlength=self.bank.features)[members]
        sums = [np.bincount(own.reshape(-1), axis, self.bank.features)[members] for axis in places]
        return np.stack(sums, axis=1) / counts[:, None]


def joined(left: Group, right: Group) -> Group:
    """Two groups as one."""
    return Group((*left.members, *right.members), (left, right))


def bisected(members: Array, places: Array) -> Group:
    """``members`` ``(k,)`` at ``places`` ``(k, axes)``, halved across the longest side each time.

    The cut goes between two different places, as near the middle as there are.
    """
    if len(members) == 1:
        return Group((int(members[0]),))
    along = places[:, np.ptp(places, axis=0).argmax()]
    order = np.argsort(along, kind="stable")
    gaps = 1 + np.flatnonzero(np.diff(along[order]) > 1e-9)
    middle = len(members) / 2
    cuts = gaps if len(gaps) else np.array([len(members) // 2])
    cut = cuts[np.abs(cuts - middle).argmin()]
    first, second = order[:cut], order[cut:]
    return joined(
        bisected(members[first], places[first]), bisected(members[second], places[second])
    )


def clustered(columns: Array, owner: Array) -> Group:
    """Features by how alike their ``columns`` ``(n, c)`` vary; ``owner`` ``(c,)`` their feature."""
    features = int(owner.max()) + 1
    groups: list[Group] = [Group((one,)) for one in range(features)]
    if features > 1:
        for first, second, *_ in linkage(_distances(columns, owner, features), "average"):
            groups.append(joined(groups[int(first)], groups[int(second)]))
    return groups[-1]


def _distances(columns: Array, owner: Array, features: int) -> Array:
    """1 − the largest |rank correlation| between two features, condensed as scipy takes it."""
    ranks = rankdata(columns[evenly(len(columns), ROWS)], axis=0)
    ranks -= ranks.mean(axis=0)
    size = np.sqrt((ranks**2).sum(axis=0))
    unit = ranks / np.where(size > 0, size, 1)
    alike = np.zeros((features, len(owner)))
    np.maximum.at(alike, owner, np.abs(unit.T @ unit))
    closest = np.zeros((features, features))
    np.maximum.at(closest.T, owner, alike.T)
    # Rounding must not decide between columns that vary exactly alike.
    return np.asarray(1 - closest[np.triu_indices(features, 1)].round(9))
