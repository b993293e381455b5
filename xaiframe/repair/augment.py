"""Augment: altered copies of the training rows, the kind of alteration that leaves the label be."""

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
from xaiframe.repair.augmenting import image, series, table, text
from xaiframe.repair.augmenting.strength import Strength
from xaiframe.repair.repaired import Repaired, fresh_ids, joined

SHARES = ("noise", "shift", "scaling", "mixing", "word_dropout", "word_swaps")
KINDS = {"table": table, "image": image, "series": series, "text": text}


@dataclass(frozen=True)
class Augment:
    """Copies of training rows with ids of their own, beside the rows as they are.

    copies
        per row, at least 1.
    only
        ``all`` rows, or those of the ``rarest`` class.
    noise
        of numbers, samples and pixels, in training standard deviations.
    shift, scaling
        of pictures and series: up to this share of their length, and of their size (a picture's
        brightness, a series' swing).
    flip
        mirror pictures left to right; off, for a mirrored letter or lung is another one.
    mixing
        of a table's numbers: up to this share of the way to another row of the class.
    word_dropout, word_swaps
        shares of a message's words left out, and swapped with the next.
    """

    modalities = ("table", "image", "text", "series")

    copies: int = 1
    only: Literal["all", "rarest"] = "all"
    noise: float = 0.05
    shift: float = 0.05
    scaling: float = 0.1
    flip: bool = False
    mixing: float = 0.2
    word_dropout: float = 0.1
    word_swaps: float = 0.1

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise ValueError(f"augment: copies must be at least 1, not {self.copies}")
        if self.only not in ("all", "rarest"):
            raise ValueError(f"augment: only must be all or rarest, not {self.only!r}")
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"augment: {name} must lie in 0 … 1, not {getattr(self, name)}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """Facts copies, source_rows; table origins (id, copied_from). Raises NotApplicable where
        the rarest class is asked for and there are no classes."""
        rows = self._rows(train, data)
        positions = np.tile(rows, self.copies)
        copies = train.take(positions)
        strength = Strength(*(getattr(self, name) for name in Strength.__dataclass_fields__))
        random = np.random.default_rng([seed, 227])
        made = KINDS[data.modality].altered(copies, data, strength, random)
        made = replace(made, ids=fresh_ids(data, train, len(made)))
        facts = [
            Fact("copies", self.copies, "per row"),
            Fact("source_rows", len(rows), "rows", n=len(train)),
        ]
        origins = pd.DataFrame({"id": made.ids, "copied_from": train.ids[positions]})
        return Repaired(_mean_one(joined(train, made)), facts, {"origins": origins})

    def _rows(self, train: Split, data: Data) -> Array:
        if self.only == "all":
            return np.arange(len(train))
        if data.task != "classification":
            raise NotApplicable("regression has no rarest class")
        counts = np.bincount(train.y, minlength=len(data.classes))
        rarest = int(np.where(counts > 0, counts, counts.max() + 1).argmin())
        return np.flatnonzero(train.y == rarest)


def _mean_one(train: Split) -> Split:
    """Weights and frequencies with mean 1 again, now that there are more rows."""
    scaled = {
        name: (values / values.mean()).astype(np.float32)
        for name, values in (("weight", train.weight), ("draw", train.draw))
        if values is not None
    }
    return replace(train, **scaled)
