"""How the model's inputs and the user's own values turn into each other, per modality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xaiframe.explanation import Array

if TYPE_CHECKING:
    from xaiframe.data.face import Split


class Encoding:
    """What a modality says about its inputs ``x`` ``(n, *input_shape)`` float32.

    ``kinds`` maps a feature's name to numeric, ordinal, categorical, boolean or date; ``levels``
    the names of the values of those that have names, in the order of their codes. What they do
    not list is numeric.
    """

    kinds: dict[str, str]
    levels: dict[str, tuple[str, ...]]

    def raw(self, x: Array) -> Any:
        """What a model from outside takes: a DataFrame of the source's columns for tables, a list
        of strings for text, the array itself otherwise. Rows stay in order."""
        raise NotImplementedError

    def values(self, x: Array) -> Array:
        """``(n, features)`` float64: one number per interpretable feature, a code for a level."""
        raise NotImplementedError

    def elements(self, values: Array) -> Array:
        """The inputs ``(n, *input_shape)`` float32 whose :meth:`values` are these."""
        raise NotImplementedError

    def tokens(self, row: Array) -> list[str]:
        """The word at each place of one instance, empty where there is none; of text only."""
        raise NotImplementedError

    def names(self, features: tuple[str, ...]) -> tuple[str, ...]:
        """What a statement of domain knowledge may be about: features, or the words of text."""
        return features

    def tables(self, split: Split) -> dict[str, pd.DataFrame]:
        """What a report needs to show these instances as the user knows them, by artifact name."""
        raise NotImplementedError


class Identity(Encoding):
    """The model takes what the user has: numeric columns, pixels."""

    def __init__(self) -> None:
        self.kinds, self.levels = {}, {}

    def raw(self, x: Array) -> Any:
        return x

    def values(self, x: Array) -> Array:
        return np.asarray(x.reshape(len(x), -1), dtype=np.float64)

    def elements(self, values: Array) -> Array:
        return np.asarray(values, dtype=np.float32)

    def tables(self, split: Split) -> dict[str, pd.DataFrame]:  # noqa: ARG002
        return {}


class Regions(Identity):
    """Pixels or samples whose interpretable features are regions: a feature's value is their mean.

    mask
        ``input_shape`` of int, the feature of each element.
    """

    def __init__(self, mask: Array) -> None:
        super().__init__()
        self.owner = mask.reshape(-1)
        self.size = np.bincount(self.owner)

    def values(self, x: Array) -> Array:
        flat = x.reshape(len(x), -1).astype(np.float64)
        totals = np.stack([np.bincount(self.owner, row, len(self.size)) for row in flat])
        return np.asarray(totals / self.size)

    def elements(self, values: Array) -> Array:
        """Every element takes its feature's value; the caller knows the shape."""
        return np.asarray(values[:, self.owner], dtype=np.float32)
