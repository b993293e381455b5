"""The LightningDataModule every modality shares: splits in, batches with sample ids out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar, TypedDict

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import LightningDataModule
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset

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

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, position: int) -> Batch:
        return {"id": self.ids[position], "x": self.x[position], "y": self.y[position]}


class DataModule(LightningDataModule):
    """Reads one source, splits it, and serves it in batches.

    A modality implements :meth:`load`; ``batch_size`` is set by the fit.
    """

    modality: ClassVar[str]
    batch_size = 32
    seed = 0

    def load(self) -> Data:
        """Read and check the source. Raises :class:`DataError` with every problem found."""
        raise NotImplementedError

    @cached_property
    def data(self) -> Data:
        return self.load()

    def train_dataloader(self) -> DataLoader[Batch]:
        order = torch.Generator().manual_seed(self.seed)
        # Batch norm cannot train on a batch of one row; dropping it costs one row an epoch.
        lonely = len(self.data.train) % self.batch_size == 1
        return DataLoader(
            Rows(self.data.train), self.batch_size, shuffle=True, generator=order, drop_last=lonely
        )

    def val_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(Rows(self.data.validation), 1024)


def split_positions(
    y: Array, test: float, validation: float, seed: int, stratify: bool
) -> dict[str, Array]:
    """Row positions of train, validation and test, sorted; stratified by class when asked.

    ``test`` and ``validation`` are shares of all rows, each in (0, 1) with sum below 1.
    """
    everything = np.arange(len(y))
    rest, held_out = train_test_split(
        everything, test_size=test, random_state=seed, stratify=y if stratify else None
    )
    train, tuned_on = train_test_split(
        rest,
        test_size=validation / (1 - test),
        random_state=seed,
        stratify=y[rest] if stratify else None,
    )
    return {
        name: np.sort(positions)
        for name, positions in (("train", train), ("validation", tuned_on), ("test", held_out))
    }


def split_rows(positions: Mapping[str, Array], x: Array, y: Array, frame: pd.DataFrame) -> Splits:
    """The three splits; an instance's id is its row number in the source."""
    train, validation, test = (
        Split(rows.astype(np.int64), x[rows], y[rows], frame.iloc[rows].reset_index(drop=True))
        for rows in (positions["train"], positions["validation"], positions["test"])
    )
    return {"train": train, "validation": validation, "test": test}


def check_shares(test: float, validation: float) -> None:
    """Raise :class:`DataError` unless all three splits get a share."""
    if not (0 < test < 1 and 0 < validation < 1 and test + validation < 1):
        raise DataError(
            Problem(
                "data.test, data.validation",
                f"the shares {test} and {validation} leave a split empty",
                "each above 0, together below 1",
            )
        )


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
