"""Images: grey pictures of one size, with square patches as interpretable features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from xaiframe.data.encoding import Regions
from xaiframe.data.face import Data
from xaiframe.data.module import DataModule, split_rows
from xaiframe.data.split import Splitting
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array


class Images(DataModule):
    """Pictures as ``(n, channels, height, width)`` float32 in their own grey levels.

    source
        ``builtin:digits``: scikit-learn's 1797 handwritten digits, 8×8 pixels, grey levels 0–16.
    patch
        side of the square patches that serve as interpretable features, in pixels.
    test, validation
        shares of the pictures held out, stratified by class.
    """

    modality = "image"
    known: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "builtin:digits": {
            "rows": "-(-1797 * test // 1)",
            "train": "1797 * (1 - test - validation)",
            "features": "(-(-8 // patch)) ** 2",
            "elements": "64",
            "classes": "10",
        }
    }
    """Sizes of the built-in sources, so that a plan can count without loading them."""

    def __init__(
        self,
        source: str,
        patch: int = 2,
        test: float = 0.25,
        validation: float = 0.2,
        split_seed: int = 0,
    ) -> None:
        super().__init__()
        self.source, self.patch = source, patch
        self.splitting = Splitting("random", "", test, validation, split_seed)

    def load(self) -> Data:
        x, y, classes = self._read()
        mask, names = patches(x.shape[1:], self.patch)
        positions = self.splitting.positions(y)
        return Data(
            modality="image",
            task="classification",
            **split_rows(positions, x, y, properties(x)),
            features=names,
            feature_mask=mask,
            classes=classes,
            target="class",
            origin=self.source,
            encoding=Regions(mask),
        )

    def _read(self) -> tuple[Array, Array, tuple[str, ...]]:
        if self.source != "builtin:digits":
            raise DataError(
                Problem("data.source", f"no images at {self.source!r}", "builtin:digits")
            )
        loaded = load_digits()
        x = loaded.images[:, None].astype(np.float32)
        return x, loaded.target.astype(np.int64), tuple(str(name) for name in loaded.target_names)


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


def properties(x: Array) -> pd.DataFrame:
    """Measured properties of each picture, what the checks of the data read.

    brightness: mean grey level; contrast: its sd; ink: share of pixels above zero; entropy: of
    the 16-bin grey-level histogram, in bits; sharpness: mean absolute step between neighbours.
    """
    flat = x.reshape(len(x), -1).astype(np.float64)
    steps = np.abs(np.diff(x, axis=-1)).mean((1, 2, 3)) + np.abs(np.diff(x, axis=-2)).mean(
        (1, 2, 3)
    )
    return pd.DataFrame(
        {
            "brightness": flat.mean(axis=1),
            "contrast": flat.std(axis=1),
            "ink": (flat > 0).mean(axis=1),
            "entropy": _entropy(flat),
            "sharpness": steps.astype(np.float64) / 2,
        }
    )


def _entropy(flat: Array, bins: int = 16) -> Array:
    low, high = flat.min(), flat.max()
    level = np.clip(((flat - low) / max(high - low, 1e-12) * bins).astype(int), 0, bins - 1)
    counts = np.stack([(level == bin_).sum(axis=1) for bin_ in range(bins)], axis=1)
    share = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray(-(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=1) + 0.0)
