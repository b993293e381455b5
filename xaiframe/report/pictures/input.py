"""The pictures as the user knows them: their own levels, names and regions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained
from xaiframe.report.pictures import draw as picture
from xaiframe.report.record import Record


def originals(record: Record) -> pd.DataFrame:
    """Columns position, file, black, white; empty where a run stored none."""
    stored = record.table("probe.instances", "originals")
    empty = pd.DataFrame(columns=["position", "file", "black", "white"])
    return empty if stored is None else stored


def file(record: Record, position: int) -> str:
    """The name of the picture's file; empty where pictures come without."""
    table = originals(record).set_index("position")
    return str(table.loc[position, "file"]) if position in table.index else ""


def levels(record: Record, x: Array) -> tuple[float, float]:
    """What was black and what white in the user's pictures; by default the range of ``x``, the
    largest being ink."""
    table = originals(record)
    if table.empty:
        return float(x.max()), float(x.min())
    return float(table["black"].iloc[0]), float(table["white"].iloc[0])


def regions(record: Record, position: int) -> Array:
    """``(rows, columns)`` int: which interpretable feature each pixel of a picture belongs to."""
    arrays = explained.inputs(record)
    mask = arrays["feature_mask"]
    own = mask[position] if own_regions(record) else mask
    return np.asarray(own[0] if own.ndim == 3 else own)


def own_regions(record: Record) -> bool:
    """Whether each picture has regions of its own: superpixels."""
    arrays = explained.inputs(record)
    return bool(arrays["feature_mask"].ndim == arrays["x"].ndim)


def noun(record: Record) -> str:
    """What a region is called."""
    return "segment" if own_regions(record) else "patch"


def nouns(record: Record) -> str:
    """What several are called."""
    return "segments" if own_regions(record) else "patches"


def mean(record: Record, values: Array, millimetres: float) -> bytes:
    """The mean picture ``(channels, rows, columns)`` of a class, in the user's levels."""
    x = values.reshape(-1, *values.shape[-2:])
    return picture.photo(x, *levels(record, x), millimetres)


def show(
    record: Record,
    position: int,
    millimetres: float,
    borders: bool = False,
    numbers: Mapping[int, str] | None = None,
) -> bytes:
    """One explained picture, with the borders of its regions and the numbers of some."""
    x = explained.inputs(record)["x"]
    mask = regions(record, position) if borders else None
    return picture.photo(x[position], *levels(record, x), millimetres, mask, numbers)
