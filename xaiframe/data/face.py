"""What every modality offers the rest of the house: splits, features, classes, a frame to check."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.store import digest

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Split:
    """One part of the data.

    ids
        ``(n,)`` int64: row numbers in the source, unique over all splits.
    x
        ``(n, *input_shape)`` float32 as the model receives them, in the user's units
        (preprocessing travels inside the model), missing values filled.
    y
        ``(n,)`` int64 class indices for classification, float32 for regression.
    frame
        what the precaution checks read, one row per instance in the order of ``x``: for tables
        the raw columns (missing values still missing), for images their measured properties.
    """

    ids: Array
    x: Array
    y: Array
    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, positions: Array) -> Split:
        return Split(
            self.ids[positions],
            self.x[positions],
            self.y[positions],
            self.frame.iloc[positions].reset_index(drop=True),
        )


@dataclass(frozen=True)
class Data:
    """A data set ready to be checked, learnt and explained.

    feature_mask
        ``input_shape`` of int: which interpretable feature each input element belongs to
        (0 … features−1). For tables one column each, for images one patch each.
    features
        names of the interpretable features, in the order of the mask's numbers.
    units
        unit per feature name, where the user declared one.
    dropped
        columns of the source that the recipe leaves out: the model never sees them.
    """

    modality: Literal["table", "image"]
    task: Literal["classification", "regression"]
    train: Split
    validation: Split
    test: Split
    features: tuple[str, ...]
    feature_mask: Array
    classes: tuple[str, ...] = ()
    target: str = "target"
    sensitive: tuple[str, ...] = ()
    units: dict[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    origin: str = ""

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self.feature_mask.shape)

    @property
    def splits(self) -> dict[str, Split]:
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @cached_property
    def digest(self) -> str:
        """sha256 of everything a later stage can read from the data."""
        parts = [
            (name, s.ids, s.x, s.y, s.frame.to_numpy(dtype=object))
            for name, s in self.splits.items()
        ]
        return digest(
            self.modality, self.task, self.features, self.feature_mask, self.classes, parts
        )

    @cached_property
    def scale(self) -> Array:
        """``input_shape``: standard deviation of each input element on the training split; for
        images one number for all elements, so that an empty corner is not blown up."""
        if self.modality == "image":
            return np.full(self.input_shape, self.train.x.std(), dtype=np.float32)
        spread = self.train.x.std(axis=0)
        return np.where(spread > 0, spread, 1.0).astype(np.float32)

    @cached_property
    def extent(self) -> Array:
        """``input_shape``: largest minus smallest value of each input element on the training
        split; for images one number for all elements, the range of the whole picture."""
        if self.modality == "image":
            return np.full(self.input_shape, np.ptp(self.train.x), dtype=np.float32)
        return np.asarray(np.ptp(self.train.x, axis=0), dtype=np.float32)

    @cached_property
    def lowest(self) -> Array:
        """``input_shape``: smallest value of each input element on the training split."""
        return np.asarray(self.train.x.min(axis=0))
