"""What of a picture can be talked about: square patches, superpixels, measured properties."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
from skimage.segmentation import slic

from xaiframe.data.encoding import Regions
from xaiframe.data.face import Data, Split
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

COMPACTNESS = {1: 0.2, 3: 20.0}
"""Weight of nearness against likeness in SLIC, by channels: a fifth of the range of grey, or of
Lab lightness. SLIC's own 10 turns a grey picture into a chessboard."""
FACTORS = (1, 4, 16)
"""How much more nearness weighs where a picture falls into too few segments."""
SMALLEST = 0.4
"""Segments below this share of the mean size join a neighbour."""
CHUNK = 1024
"""Pictures measured at once, so that a large set does not have to fit in memory."""


class Pictures(Regions):
    """Pixels, and what a report needs to show them as the user knows them.

    black, white: the levels that were black and white in the user's own files.
    """

    def __init__(self, mask: Array, black: float, white: float) -> None:
        super().__init__(mask)
        self.black, self.white = black, white

    def tables(self, split: Split) -> dict[str, pd.DataFrame]:
        """``originals``: position, file (empty where pictures come without), black, white."""
        names = [""] * len(split) if split.original is None else [str(n) for n in split.original]
        table = pd.DataFrame({"position": np.arange(len(split)), "file": names})
        return {"originals": table.assign(black=self.black, white=self.white)}


class Superpixels:
    """The superpixels of every picture of ``x`` ``(n, channels, height, width)``, found when asked:
    ``superpixels[positions]`` is ``(positions, *input_shape)`` int32, of one position that shape.
    """

    def __init__(self, x: Array, most: int) -> None:
        self.x, self.most = x, most
        self.shape, self.ndim, self.dtype = x.shape, x.ndim, np.dtype(np.int32)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, positions: Array | int) -> Array:
        if np.ndim(positions) == 0:
            return superpixels(self.x[positions], self.most)
        found = [superpixels(picture, self.most) for picture in self.x[positions]]
        return np.stack(found) if found else np.empty((0, *self.shape[1:]), self.dtype)

    def __array__(self, dtype: object = None, copy: object = None) -> Array:
        return self[np.arange(len(self))].astype(dtype or self.dtype)  # type: ignore[call-overload]

    def __repr__(self) -> str:
        """What decides the segments beside the pictures, for the digest of the data."""
        return f"Superpixels(most={self.most}, {COMPACTNESS}, {FACTORS}, {SMALLEST})"


def superpixels(picture: Array, most: int) -> Array:
    """``(channels, height, width)`` int32: 2 to ``most`` connected segments of like pixels,
    numbered by their first pixel; all channels share them.

    SLIC (Achanta et al. 2012, doi:10.1109/TPAMI.2012.120) by scikit-image, which has no chance in
    it. Fewer segments than half of ``most``, as noise gives, are sought again with nearness
    weighing more; more than ``most`` are merged, the smallest into the most alike of its
    neighbours; a picture that stays whole is halved across its longer side.
    """
    channels, height, width = picture.shape
    pixels = np.moveaxis(picture, 0, -1).astype(np.float64)
    for factor in FACTORS:
        found = slic(
            pixels if channels == 3 else pixels[..., 0],
            n_segments=most,
            compactness=factor * COMPACTNESS[channels],
            min_size_factor=SMALLEST,
            enforce_connectivity=True,
            start_label=0,
            channel_axis=-1 if channels == 3 else None,
        )
        if 2 * len(np.unique(found)) >= most:
            break
    if not found.any():
        rows, columns = np.indices(found.shape)
        found = (2 * rows >= height) if height >= width else (2 * columns >= width)
    merged = merge(found.astype(np.int64), picture, most)
    return np.broadcast_to(in_order(merged).astype(np.int32), picture.shape).copy()


def merge(segments: Array, picture: Array, most: int) -> Array:
    """``(height, width)``: at most ``most`` of the ``segments``, numbered anyhow."""
    segments = segments.copy()
    while len(numbers := np.unique(segments)) > most:
        sizes = np.bincount(segments.reshape(-1))
        smallest = min(numbers, key=lambda one: (sizes[one], one))
        colour = {one: picture[:, segments == one].mean(axis=1) for one in numbers}
        near = neighbours(segments, smallest)
        alike = min(near, key=lambda one: (np.abs(colour[one] - colour[smallest]).sum(), one))
        segments[segments == smallest] = alike
    return segments


def neighbours(segments: Array, one: int) -> list[int]:
    """The segments that share a side with ``one``, in order."""
    own = np.pad(segments == one, 1)
    beside = own[:-2, 1:-1] | own[2:, 1:-1] | own[1:-1, :-2] | own[1:-1, 2:]
    return [int(number) for number in np.unique(segments[beside]) if number != one]


def in_order(segments: Array) -> Array:
    """The segments numbered from 0 by their first pixel, row by row."""
    _, first, where = np.unique(segments, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[where].reshape(segments.shape)


def recut(data: Data, kind: str, side: int, most: int) -> Data:
    """The pictures of ``data`` in ``patches`` of that side, or in at most so many ``superpixels``.

    Raises :class:`DataError` where they do not fit.
    """
    own, shape = kind == "superpixels", data.input_shape
    mask, names = placeholder(shape, most) if own else patches(shape, side)
    known = data.encoding
    assert isinstance(known, Pictures)
    splits = {
        name: replace(split, mask=cast(Array, Superpixels(split.x, most)) if own else None)
        for name, split in data.splits.items()
    }
    return replace(
        data,
        features=names,
        feature_mask=mask,
        aligned=not own,
        encoding=Pictures(mask, known.black, known.white),
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
    )


def finest(shape: tuple[int, ...], most: int) -> int:
    """Side of the smallest square patches of which no more than ``most`` make a picture."""
    height, width = shape[1:]
    sides = range(1, max(height, width) + 1)
    return next(side for side in sides if -(-height // side) * -(-width // side) <= most)


def placeholder(shape: tuple[int, ...], most: int) -> tuple[Array, tuple[str, ...]]:
    """Mask ``shape`` and names of features that are each picture's own: only their number counts.

    Raises :class:`DataError` when the picture has no room for ``most`` segments.
    """
    height, width = shape[1:]
    if not 2 <= most <= height * width:
        message = f"{most} superpixels do not fit {height}×{width} pixels"
        raise DataError(Problem("data.superpixels", message, f"2 to {height * width}"))
    bands = np.arange(height * width) * most // (height * width)
    names = tuple(f"segment {number}" for number in range(1, most + 1))
    return np.broadcast_to(bands.reshape(height, width), shape).copy(), names


def patches(shape: tuple[int, ...], side: int) -> tuple[Array, tuple[str, ...]]:
    """Mask ``shape`` and names of the square patches, row by row; all channels share a patch.

    Raises :class:`DataError` when ``side`` does not fit the picture.
    """
    channels, height, width = shape
    if not 1 <= side <= min(height, width):
        raise DataError(
            Problem(
                "data.patch",
                f"a patch of {side} does not fit {height}×{width} pixels",
                f"1 to {min(height, width)}",
            )
        )
    rows, columns = -(-height // side), -(-width // side)
    grid = np.arange(rows * columns).reshape(rows, columns)
    mask = np.kron(grid, np.ones((side, side), dtype=int))[:height, :width]
    names = tuple(f"patch {row},{column}" for row in range(rows) for column in range(columns))
    return np.broadcast_to(mask, (channels, height, width)).copy(), names


def properties(x: Array, levels: tuple[float, float] | None = None, bins: int = 16) -> pd.DataFrame:
    """Measured properties of each picture, what the checks of the data read.

    ``levels``: from where to where the histogram goes, by default the range of ``x``.

    brightness: mean level; contrast: its sd; ink: share of values above zero; entropy: of the
    histogram of levels, in bits; sharpness: mean absolute step between neighbours; for colour
    also saturation: mean of the largest less the smallest channel.
    """
    low, high = levels or ((float(x.min()), float(x.max())) if len(x) else (0.0, 0.0))
    parts = [
        _properties(np.asarray(x[start : start + CHUNK]), low, high, bins)
        for start in range(0, max(len(x), 1), CHUNK)
    ]
    return pd.concat(parts, ignore_index=True)


def _properties(x: Array, low: float, high: float, bins: int) -> pd.DataFrame:
    flat = x.reshape(len(x), -1).astype(np.float64)
    steps = np.abs(np.diff(x, axis=-1)).mean((1, 2, 3)) + np.abs(np.diff(x, axis=-2)).mean(
        (1, 2, 3)
    )
    level = np.clip(((flat - low) / max(high - low, 1e-12) * bins).astype(int), 0, bins - 1)
    counts = np.stack([(level == bin_).sum(axis=1) for bin_ in range(bins)], axis=1)
    share = counts / counts.sum(axis=1, keepdims=True)
    found = {
        "brightness": flat.mean(axis=1),
        "contrast": flat.std(axis=1),
        "ink": (flat > 0).mean(axis=1),
        "entropy": -(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=1) + 0.0,
        "sharpness": steps.astype(np.float64) / 2,
    }
    if x.shape[1] == 3:
        found["saturation"] = np.ptp(x, axis=1).mean(axis=(1, 2), dtype=np.float64)
    return pd.DataFrame(found)
