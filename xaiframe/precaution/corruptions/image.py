"""What happens to pictures: noise, blur, another contrast, another brightness, a covered part."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.precaution.corruptions.face import Corruption

SIDE = 32
"""Side of the pictures whose blur CIFAR-10-C states; ImageNet-C's, at 224, is wider by the root of
the sides' ratio."""


def levels(data: Data) -> tuple[float, float]:
    """Lowest and highest level of the training pictures."""
    return float(data.train.x.min()), float(data.train.x.max())


def noise(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """Gaussian noise, ``amount`` its standard deviation as a share of the range."""
    low, high = levels(data)
    return _kept(rows.x + random.normal(0, amount * (high - low), rows.x.shape), data)


def blur(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:  # noqa: ARG001
    """A Gaussian filter, ``amount`` its width in pixels of a picture of side 32."""
    width = amount * np.sqrt(max(1.0, min(rows.x.shape[2:]) / SIDE))
    return _kept(gaussian_filter(rows.x, (0, 0, width, width), mode="nearest"), data)


def contrast(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:  # noqa: ARG001
    """Differences from each picture's mean shrunk to the share ``amount``."""
    mean = rows.x.mean(axis=(1, 2, 3), keepdims=True)
    return _kept(mean + amount * (rows.x - mean), data)


def brightness(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """Every level higher or lower, at random, by ``amount`` of the range."""
    low, high = levels(data)
    sign = random.choice([-1.0, 1.0], (len(rows), 1, 1, 1))
    return _kept(rows.x + sign * amount * (high - low), data)


def occlusion(data: Data, rows: Split, amount: float, random: np.random.Generator) -> Array:
    """A square of the training mean, ``amount`` of the shorter side long, at a random place."""
    height, width = rows.x.shape[2:]
    side = max(1, round(amount * min(height, width)))
    top = random.integers(0, height - side + 1, len(rows))[:, None]
    left = random.integers(0, width - side + 1, len(rows))[:, None]
    down, across = np.arange(height) - top, np.arange(width) - left
    inside = (down >= 0) & (down < side), (across >= 0) & (across < side)
    covered = (inside[0][:, :, None] & inside[1][:, None, :])[:, None]
    return np.where(covered, data.train.x.mean(), rows.x).astype(np.float32)


def _kept(x: Array, data: Data) -> Array:
    low, high = levels(data)
    return np.clip(x, low, high).astype(np.float32)


CORRUPTIONS = (
    Corruption("noise", noise, (0.04, 0.08, 0.18), "of the range of levels", True),
    Corruption("blur", blur, (0.4, 0.7, 1.0), "pixels of 32 to a side", True),
    Corruption("contrast", contrast, (0.75, 0.5, 0.3), "of the contrast left", True),
    Corruption("brightness", brightness, (0.05, 0.1, 0.2), "of the range of levels", True),
    Corruption("occlusion", occlusion, (0.125, 0.25, 0.5), "of the shorter side", False),
)
"""Severities from those of CIFAR-10-C and ImageNet-C (Hendrycks & Dietterich 2019,
arXiv:1903.12261)."""
