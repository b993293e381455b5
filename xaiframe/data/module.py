"""The LightningDataModule every modality shares: splits in, batches with sample ids out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, TypedDict

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset, RandomSampler, Sampler, WeightedRandomSampler

from xaiframe.data.face import Data, Split
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

Batch = dict[str, torch.Tensor]
FEWEST_ROWS = 20
FEWEST_PER_CLASS = 5


class Splits(TypedDict):
    """The splits as :class:`Data` takes them."""

    train: Split
    validation: Split
    test: Split


class Rows(Dataset[Batch]):
    """A split as a torch data set; each item carries its id."""

    def __init__(self, split: Split) -> None:
        self.ids = torch.as_tensor(split.ids)
        self.x = torch.as_tensor(split.x)
        self.y = torch.as_tensor(split.y)
        self.weight = None if split.weight is None else torch.as_tensor(split.weight)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, position: int) -> Batch:
        row = {"id": self.ids[position], "x": self.x[position], "y": self.y[position]}
        return row if self.weight is None else {**row, "weight": self.weight[position]}


class DataModule(LightningDataModule):
    """Reads one source, splits it, and serves it in batches.

    A modality implements :meth:`load`; ``batch_size`` is set by the fit.
    """

    modality: ClassVar[str]
    interpretable: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Parameters that decide what explanations speak of and nothing that the model sees; each with
    the settings of others without which it decides nothing."""
    batch_size = 32
    seed = 0

    def load(self) -> Data:
        """Read and check the source. Raises :class:`DataError` with every problem found."""
        raise NotImplementedError

    def rows(self, source: str) -> Split:
        """New instances for the loaded data's model, read as its source was; their target may be
        missing: then ``y`` is −1, or NaN for regression.

        Raises :class:`DataError` where they do not fit.
        """
        raise DataError(Problem(source, f"{self.modality} data cannot read new rows", ""))

    def recut(self, settings: Mapping[str, Any]) -> Data:
        """The loaded data in other interpretable features: ``settings`` of :attr:`interpretable`,
        the others as they are. What the model sees stays the same.

        Raises :class:`DataError` where the features do not fit.
        """
        wanted = ", ".join(settings) or "finer ones"
        hint = "features of pictures or series"
        raise DataError(Problem("data", f"{self.modality} data have no {wanted} to cut by", hint))

    def cells(self, most: int) -> Data:  # noqa: ARG002
        """The loaded data in features as fine as may be, ``most`` at most: what explanations in
        different features are told in, to be held against each other. Raises as :meth:`recut`."""
        return self.recut({})

    @cached_property
    def data(self) -> Data:
        return self.load()

    def train_dataloader(self) -> DataLoader[Batch]:
        train, order = self.data.train, torch.Generator().manual_seed(self.seed)
        # Batch norm cannot train on a batch of one row; dropping it costs one row an epoch.
        lonely = len(train) % self.batch_size == 1
        sampler: Sampler[int] = RandomSampler(Rows(train), generator=order)
        if train.draw is not None:
            sampler = WeightedRandomSampler(train.draw.tolist(), len(train), generator=order)
        return DataLoader(
            Rows(train), self.batch_size, sampler=sampler, generator=order, drop_last=lonely
        )

    def val_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(Rows(self.data.validation), 1024)


class Ready(DataModule):
    """Serves data that are there already, such as those whose training split was repaired."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.modality, self._given = data.modality, data  # type: ignore[misc]

    def load(self) -> Data:
        return self._given


def split_rows(
    positions: Mapping[str, Array],
    x: Array,
    y: Array,
    frame: pd.DataFrame,
    aside: pd.DataFrame | None = None,
    original: Array | None = None,
    mask: Array | None = None,
) -> Splits:
    """The three splits; an instance's id is its row number in the source."""
    everything = Split(
        np.arange(len(y), dtype=np.int64), x, y, frame.reset_index(drop=True),
        None if aside is None else aside.reset_index(drop=True), original, mask,
    )  # fmt: skip
    train, validation, test = (
        everything.take(positions[name]) for name in ("train", "validation", "test")
    )
    return {"train": train, "validation": validation, "test": test}


def check_rows(place: str, y: Array, classes: tuple[str, ...]) -> list[Problem]:
    """Problems that make a split or a fold impossible: too few rows, a single or a tiny class."""
    if len(y) < FEWEST_ROWS:
        return [Problem(place, f"{len(y)} rows are too few to split", f"at least {FEWEST_ROWS}")]
    if not classes:
        return []
    if len(classes) < 2:
        return [Problem(place, f"the target has a single class, {classes[0]!r}", "two or more")]
    counts = np.bincount(y, minlength=len(classes))
    return [
        Problem(place, f"class {name!r} has {n} rows", f"at least {FEWEST_PER_CLASS}, one per fold")
        for name, n in zip(classes, counts, strict=True)
        if n < FEWEST_PER_CLASS
    ]
