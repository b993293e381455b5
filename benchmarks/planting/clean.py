"""Real data to plant faults in: one pool of rows per source, sound draws of any size from it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from xaiframe.data.encoding import Encoding
from xaiframe.data.face import Data, Split
from xaiframe.data.pictures.features import properties
from xaiframe.data.split import Splitting
from xaiframe.data.tables.column import Categorical, Numeric
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.explanation import Array
from xaiframe.precaution.columns import kind

ROOT = Path(__file__).parents[2]
CHANGED: dict[str, dict[str, Any]] = {
    "bike_sharing": {"split": "random"},
    "bike_sharing_daily": {"split": "random", "split_column": "", "dates": None},
    "fashion_mnist": {"features": "patches"},  # superpixels cost seconds and no check here asks
    "sms_spam": {"split": "random", "split_column": ""},
}
"""What differs from ``conf/data``: rows are drawn at random, so that what was not planted is not
there."""
LEVELS = 30


class TooFewRows(LookupError):
    """A source does not hold so many rows."""


@dataclass(frozen=True)
class Clean:
    """A source's rows in one split, and the data they came from."""

    name: str
    rows: Split
    like: Data

    @property
    def stratified(self) -> bool:
        return self.like.task == "classification"

    def keep(self, positions: Array) -> Clean:
        return replace(self, rows=self.rows.take(positions))

    def draw(self, random: np.random.Generator, n: int) -> Clean:
        """``n`` rows without replacement, in random order; raises TooFewRows."""
        if n > len(self.rows):
            raise TooFewRows(f"{self.name}: {len(self.rows)} rows are fewer than {n}")
        return self.keep(random.choice(len(self.rows), n, replace=False))

    def split(self, random: np.random.Generator) -> dict[str, Split]:
        """All rows shared out as a recipe would: 55 % train, 20 % validation, 25 % test."""
        seed = int(random.integers(2**31))
        enough = self.stratified and np.bincount(self.rows.y).min() >= 8
        positions = Splitting(seed=seed).positions(self.rows.y, None, enough)
        return {name: self.rows.take(at) for name, at in positions.items()}


@cache
def read(name: str) -> Clean:
    """The source of that name in ``conf/data``; raises DataError where its file is not there."""
    told = yaml.safe_load((ROOT / "conf" / "data" / f"{name}.yaml").read_text())
    module, _, made = told.pop("_target_").rpartition(".")
    told |= CHANGED.get(name, {})
    if name == "bike_sharing_daily":
        told["drop"] = [*told["drop"], "dteday"]
    data: Data = getattr(importlib.import_module(module), made)(**told).load()
    return Clean(name, joined(list(data.splits.values())), data)


def joined(parts: list[Split]) -> Split:
    """Rows of several splits below each other."""
    first = parts[0]

    def below(pick: Any) -> Any:
        return None if pick(first) is None else np.concatenate([pick(one) for one in parts])

    aside = None
    if first.aside is not None:
        aside = pd.concat([one.aside for one in parts], ignore_index=True)
    frame = pd.concat([one.frame for one in parts], ignore_index=True)
    return Split(
        below(lambda s: s.ids), below(lambda s: s.x), below(lambda s: s.y), frame, aside,
        below(lambda s: s.original), None,
    )  # fmt: skip


def made(like: Data, splits: dict[str, Split], **changed: Any) -> Data:
    """Data of these splits, their inputs encoded anew where the rows of a table were changed, their
    properties measured anew where pictures were."""
    told: dict[str, Any] = {}
    if like.modality == "table":
        encoding = encoded(splits["train"].frame)
        splits = {n: replace(s, x=encoding.encode(s.frame)) for n, s in splits.items()}
        names = tuple(str(name) for name in splits["train"].frame.columns)
        told = {"encoding": encoding, "features": names, "feature_mask": encoding.feature_mask}
    elif like.modality == "image":
        splits = {n: replace(s, frame=properties(s.x)) for n, s in splits.items()}
    return replace(like, **splits, notes=(), damage=(), **(told | changed))


def encoded(train: pd.DataFrame) -> TableEncoding:
    """Numbers as numbers, everything else as categories, learnt from the training rows."""
    columns = [
        Numeric.fit(str(name), cells, pd.api.types.is_integer_dtype(cells))
        if kind(cells) == "numeric"
        else Categorical.fit(str(name), cells, LEVELS)
        for name, cells in train.items()
    ]
    return TableEncoding(columns)


def inputs(clean: Clean) -> Array:
    """``(n, inputs)`` finite numbers that a quick scikit-learn model can be fitted on."""
    if clean.like.modality == "table":
        frame = clean.rows.frame
        encoding: Encoding = encoded(frame)
        return np.asarray(encoding.encode(frame))
    return clean.rows.x.reshape(len(clean.rows), -1)
