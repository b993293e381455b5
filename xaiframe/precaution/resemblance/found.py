"""What a search for near duplicates is asked, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.precaution.columns import sample

ROWS = 30
"""Different rows below which nothing is called near."""
KNOWN = 20_000
"""Most training rows that messages, pictures and series are compared with."""


@dataclass(frozen=True)
class Question:
    """pools: split → positions of the rows that are no exact copies; rows: most of them asked;
    tolerance: distance that two rows of a table may have, in standard deviations; chance: rows
    expected to be called near by accident; seed: draws the rows."""

    data: Data
    pools: dict[str, Array]
    rows: int
    tolerance: float
    chance: float
    seed: int

    def asked(self, split: str) -> Array:
        """Positions of the rows of a split that are looked at."""
        pool = self.pools[split]
        return pool[sample(len(pool), self.rows, self.seed)]

    def known(self, able: Array) -> Array:
        """Positions of the training rows to compare with, of those that ``able`` ``(n,)`` allows.

        Raises :class:`NotApplicable` where there are too few.
        """
        pool = self.pools["train"][able[self.pools["train"]]]
        if len(pool) < ROWS:
            raise NotApplicable(
                f"{len(pool)} different rows that can be compared: fewer than {ROWS}"
            )
        return pool[sample(len(pool), KNOWN, self.seed)]


@dataclass(frozen=True)
class Found:
    """Per row asked: its position in its split, whether it is near one of train, and which."""

    rows: Array
    close: Array
    other: Array


def own_places(split: str, rows: Array, known: Array) -> Array:
    """``(m,)`` where each row stands among ``known`` training rows (sorted); −1: not there."""
    place = np.minimum(np.searchsorted(known, rows), len(known) - 1)
    return np.where((split == "train") & (known[place] == rows), place, -1)
