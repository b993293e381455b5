"""Marks: one and the same grey level at one place of a class's pictures, and of no others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from xaiframe.explanation import Array

LEVELS = 32
"""Steps between the darkest and the brightest level; a mark's level may vary by two of them."""
SIDE = 32
"""Places along each side at most; larger pictures are read in blocks, by their mean."""
ELSEWHERE = 0.005
"""Share of the other classes' pictures that may show a mark."""
FEWEST = 10
"""Pictures of a class that it takes to speak of a mark."""
COLUMNS = ["class", "channel", "row", "column", "level", "rows", "n", "share", "elsewhere"]


def marks(x: Array, y: Array, classes: tuple[str, ...]) -> pd.DataFrame:
    """Each class's commonest mark, the surest first (by the lower end of Wilson's interval).

    ``x`` ``(n, channels, height, width)``, ``y`` ``(n,)`` class indices. A watermark, a caption or
    a ruler in the pictures of one class gives the class away (Lapuschkin et al. 2019,
    doi:10.1038/s41467-019-08987-4). What is drawn there for a reason varies in level; a mark does
    not. A mark over busy ground, whose level other pictures show there by chance, stays unseen.
    row, column: the place's first pixel; rows of n pictures show it; elsewhere: share of the
    other pictures that do.
    """
    x = np.nan_to_num(x.astype(np.float64))
    blocks, step = reduced(x)
    shape, places = blocks.shape[1:], int(np.prod(blocks.shape[1:]))
    low, spread = float(x.min(initial=0.0)), float(np.ptp(x)) if x.size else 0.0
    level = np.clip(((blocks - low) / (spread or 1.0) * LEVELS).astype(np.int64), 0, LEVELS - 1)
    cell = level.reshape(len(x), places) + np.arange(places) * LEVELS
    size = np.bincount(y, minlength=len(classes))
    total = windows(np.bincount(cell.ravel(), minlength=places * LEVELS), places)
    rows = []
    for k in np.flatnonzero((size >= FEWEST) & (len(y) - size >= FEWEST)):
        own = windows(np.bincount(cell[y == k].ravel(), minlength=places * LEVELS), places)
        seldom = total - own <= ELSEWHERE * (len(y) - size[k])
        place, at = np.unravel_index(np.argmax(np.where(seldom, own, -1)), own.shape)
        channel, row, column = np.unravel_index(place, shape)
        hits, others = int(own[place, at]), int(total[place, at] - own[place, at])
        if not seldom[place, at]:
            hits = others = 0
        middle = low + (at + 1) / LEVELS * spread
        rows.append((classes[k], channel, row * step, column * step, middle, hits, size[k],
                     hits / size[k], others / (len(y) - size[k])))  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = np.argsort(-lower(table["share"].to_numpy(), table["n"].to_numpy()), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def reduced(x: Array) -> tuple[Array, int]:
    """``(n, channels, rows, columns)`` block means with at most :data:`SIDE` blocks a side, and the
    side of a block in pixels; what does not fill a block at the right and below is left out."""
    step = -(-max(x.shape[-2:]) // SIDE)
    rows, columns = (max(side // step, 1) for side in x.shape[-2:])
    high, wide = min(rows * step, x.shape[-2]), min(columns * step, x.shape[-1])
    cut = x[..., :high, :wide]
    split = cut.reshape(*x.shape[:2], rows, high // rows, columns, wide // columns)
    return np.asarray(split.mean(axis=(3, 5))), step


def windows(counts: Array, places: int) -> Array:
    """``(places, LEVELS - 1)`` pictures in two neighbouring levels, so that no mark falls between
    two of them."""
    by_level = counts.reshape(places, LEVELS)
    return np.asarray(by_level[:, :-1] + by_level[:, 1:])


def lower(share: Array, n: Array) -> Array:
    """``(k,)`` the lower end of Wilson's 95 % interval."""
    z = norm.ppf(0.975)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.asarray((share + z**2 / (2 * n) - half) / (1 + z**2 / n))
