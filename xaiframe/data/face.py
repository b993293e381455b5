"""What every modality offers the rest of the house: splits, features, classes, a frame to check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from xaiframe.data.encoding import Encoding, Identity
from xaiframe.errors import Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.store import digest

SplitName = Literal["train", "validation", "test"]
Modality = Literal["table", "image", "text", "series"]


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
        the raw columns (missing values still missing), otherwise measured properties.
    aside
        columns of the source that the model never sees (dropped, sensitive), row for row.
    original
        ``(n,)`` object, the instance as the user knows it: a message, a picture's file name.
    mask
        ``(n, *input_shape)`` of int: the interpretable features of each instance where they are
        its own (superpixels); None where all share :attr:`Data.feature_mask`.
    weight
        ``(n,)`` float32 with mean 1: what each row counts in the loss of a fit; None: all the same.
    draw
        ``(n,)`` float32: how often a fit draws each row, relatively, with replacement; None: every
        row once an epoch.
    """

    ids: Array
    x: Array
    y: Array
    frame: pd.DataFrame
    aside: pd.DataFrame | None = None
    original: Array | None = None
    mask: Array | None = None
    weight: Array | None = None
    draw: Array | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, positions: Array) -> Split:
        return Split(
            self.ids[positions],
            self.x[positions],
            self.y[positions],
            self.frame.iloc[positions].reset_index(drop=True),
            None if self.aside is None else self.aside.iloc[positions].reset_index(drop=True),
            None if self.original is None else self.original[positions],
            None if self.mask is None else self.mask[positions],
            None if self.weight is None else self.weight[positions],
            None if self.draw is None else self.draw[positions],
        )

    def column(self, name: str) -> pd.Series | None:
        """A column of the source, whether or not the model sees it; None where there is none."""
        for frame in (self.frame, self.aside):
            if frame is not None and name in frame:
                return frame[name]
        return None


@dataclass(frozen=True)
class Data:
    """A data set ready to be checked, learnt and explained.

    feature_mask
        ``input_shape`` of int: which interpretable feature each input element belongs to
        (0 … features−1). For tables one column each (a categorical column's indicators
        together), for images one patch, for text one word, for series one segment of a channel.
    features
        names of the interpretable features, in the order of the mask's numbers.
    aligned
        whether feature k means the same in every instance. Superpixels and the words of a message
        do not: nothing is then said of feature k over instances.
    sensitive
        columns that tell groups of people apart, as the strategy names them; only the precaution
        checks and the explanations are told.
    units
        unit per feature name, where the user declared one.
    dropped
        columns of the source that the recipe leaves out: the model never sees them.
    encoding
        how the model's inputs and the user's own values turn into each other.
    damage
        what of the source could not be read and was left out, one problem each.
    time
        the column that orders the rows in time (``row number``: they stand in that order), empty
        where nothing does; :mod:`xaiframe.data.order` reads it.
    notes
        facts about the reading that the ledger keeps under ``data.load`` (truncated messages,
        padded series, categories that the training split never shows).
    """

    modality: Modality
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
    aligned: bool = True
    encoding: Encoding = field(default_factory=Identity)
    damage: tuple[Problem, ...] = ()
    notes: tuple[Fact, ...] = ()
    time: str = ""

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
            (name, s.ids, s.x, s.y, hashed(s.frame), hashed(s.aside), s.original, s.mask, *_loss(s))
            for name, s in self.splits.items()
        ]
        ordered = (self.time,) if self.time else ()
        return digest(
            self.modality,
            self.task,
            self.features,
            self.feature_mask,
            self.classes,
            parts,
            *ordered,
        )

    def present(self, x: Array, mask: Array | None = None) -> Array | None:
        """``(n, features)`` bool: which features each instance has; None where all have all.

        A short message has fewer words than there are places, a picture fewer superpixels. ``x``
        ``(n, *input_shape)``, ``mask`` as :attr:`Split.mask`.
        """
        if self.aligned:
            return None
        if mask is None:
            return np.asarray(x.reshape(len(x), -1) != 0)
        owners = mask.reshape(len(mask), -1)
        return np.stack([np.bincount(one, minlength=len(self.features)) > 0 for one in owners])

    @cached_property
    def scale(self) -> Array:
        """``input_shape``: standard deviation of each input element on the training split; for
        images one number for all elements, so that an empty corner is not blown up, for series
        one per channel."""
        return self._over_training(np.std, 1.0)

    @cached_property
    def extent(self) -> Array:
        """``input_shape``: largest minus smallest value of each input element on the training
        split; for images one number for all elements, for series one per channel."""
        return self._over_training(np.ptp, 0.0)

    @cached_property
    def lowest(self) -> Array:
        """``input_shape``: smallest value of each input element on the training split."""
        return np.asarray(self.train.x.min(axis=0))

    def _over_training(self, statistic: Callable[..., Array], instead: float) -> Array:
        """A spread over instances and over the elements that compare; ``instead`` where it is not
        finite and above zero."""
        axes = {"image": None, "series": (0, *range(2, self.train.x.ndim))}.get(self.modality, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            spread = np.asarray(statistic(self.train.x, axis=axes))
        if self.modality == "series":
            spread = spread.reshape(-1, *([1] * (self.train.x.ndim - 2)))
        found = np.where(np.isfinite(spread) & (spread > 0), spread, instead).astype(np.float32)
        return np.broadcast_to(found, self.input_shape).copy()


def hashed(frame: pd.DataFrame | None) -> Array | None:
    """One number per row and column, over the names too; None for no frame."""
    if frame is None:
        return None
    names = pd.util.hash_array(np.array([str(name) for name in frame.columns], dtype=object))
    cells = [pd.util.hash_array(frame[name].to_numpy()) if len(frame) else names[:0]
             for name in frame.columns]  # fmt: skip
    return np.concatenate([names, *cells])


def _loss(split: Split) -> list[tuple[str, Array]]:
    """What a repair says of each row's part in the fit; nothing of a split as it was read."""
    named = (("weight", split.weight), ("draw", split.draw))
    return [(name, values) for name, values in named if values is not None]
