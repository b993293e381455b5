"""Marks: one and the same grey level at one place of a class's pictures, and of no others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter, minimum_filter
from scipy.stats import norm

from xaiframe.explanation import Array

LEVELS = 32
"""Steps between the darkest and the brightest level; a mark's level may vary by two of them."""
SIDE = 32
"""Places along each side at most; larger pictures are read in blocks, by their mean."""
ELSEWHERE = 0.005
"""Share of the other classes' pictures that may show a mark."""
NEAR = {1: 2, 3: 0}
"""Side of a square → steps by which the level of others may differ and still count: strokes shade
off, a mark does not; an even square is rare enough as it is."""
HALF = 0.5
"""Share of the others that may show a mark that is in every picture of its class: what is drawn for
a reason varies, so that no level but the ground's is in all of them."""
SURE = 0.85
"""Lower end of the interval of a share of one, from which on all pictures of a class are many."""
FEWEST = 10
"""Pictures of a class that it takes to speak of a mark."""
SIDES = tuple(NEAR)
"""Sides of the squares that may be a mark: an even square of 3 over busy ground is rare by chance,
where single places are not. Squares of 2 also occur in the strokes of clean digits."""
COLUMNS = [
    *("class", "channel", "row", "column", "side", "level"),
    *("rows", "n", "share", "elsewhere"),
]


def marks(x: Array, y: Array, classes: tuple[str, ...]) -> pd.DataFrame:
    """Each class's commonest mark, the surest first (by the lower end of Wilson's interval).

    ``x`` ``(n, channels, height, width)``, ``y`` ``(n,)`` class indices. A watermark, a caption or
    a ruler in the pictures of one class gives the class away (Lapuschkin et al. 2019,
    doi:10.1038/s41467-019-08987-4). What is drawn there for a reason varies in level; a mark does
    not: it is rare elsewhere, or in every picture of the class where others vary. A mark of one or
    two pixels in part of a class, over busy ground whose level other pictures show there by chance,
    may stay unseen.
    row, column: the first pixel of the place, or of the middle of a square of ``side`` × ``side``
    places; rows of n pictures show it; elsewhere: share of the other pictures that do.
    """
    x = np.nan_to_num(x.astype(np.float64))
    blocks, step = reduced(x)
    shape, places = blocks.shape[1:], int(np.prod(blocks.shape[1:]))
    low, spread = float(x.min(initial=0.0)), float(np.ptp(x)) if x.size else 0.0
    level = np.clip(((blocks - low) / (spread or 1.0) * LEVELS).astype(np.int64), 0, LEVELS - 1)
    size = np.bincount(y, minlength=len(classes))
    drawn = np.ones(LEVELS - 1, bool)
    ground = int(np.bincount(level.ravel(), minlength=LEVELS).argmax())
    drawn[max(ground - 1, 0) : ground + 1] = False  # the windows that hold the commonest level
    best: dict[int, tuple[int, int, int, int, int]] = {}
    for side in SIDES:
        cell, even = patches(level, side)
        total = counted(cell, even, places)
        for k in np.flatnonzero((size >= FEWEST) & (len(y) - size >= FEWEST)).tolist():
            own = counted(cell[y == k], even[y == k], places)
            m = len(y) - int(size[k])
            found = surest(own, total - own, int(size[k]), m, drawn, NEAR[side])
            if k not in best or found[2] > best[k][2]:
                best[k] = (*found, side)
    rows = []
    for k, (where, step_up, hits, others, side) in sorted(best.items()):
        channel, row, column = np.unravel_index(where, shape)
        middle = low + (step_up + 1) / LEVELS * spread
        rows.append((classes[k], channel, row * step, column * step, side, middle, hits, size[k],
                     hits / size[k], others / (len(y) - size[k])))  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = np.argsort(-lower(table["share"].to_numpy(), table["n"].to_numpy()), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def surest(
    own: Array, others: Array, n: int, m: int, drawn: Array, near: int
) -> tuple[int, int, int, int]:
    """Place, level, pictures of the class and others of the commonest mark in ``own``, ``others``
    ``(places, LEVELS - 1)`` counts of ``n`` and ``m`` pictures; ``drawn``: levels that are not the
    ground's; near: as in :data:`NEAR`. The last two are 0 where there is none."""
    about = maximum_filter(others, (1, 2 * near + 1), mode="constant")
    always = (own == n) & (others <= HALF * m) & drawn & (lower(1.0, n) > SURE)
    hits = np.where((about <= ELSEWHERE * m) | always, own, 0)
    place, at = np.unravel_index(np.argmax(hits), hits.shape)
    most = int(hits[place, at])
    return int(place), int(at), most, int(others[place, at]) if most else 0


def patches(level: Array, side: int) -> tuple[Array, Array]:
    """``(n, places)`` place and darkest level of the square around each place as one number, and
    whether the square holds that level and the next alone."""
    square, places = (1, 1, side, side), int(np.prod(level.shape[1:]))
    darkest = minimum_filter(level, square, mode="nearest").reshape(len(level), places)
    brightest = maximum_filter(level, square, mode="nearest").reshape(len(level), places)
    return darkest + np.arange(places) * LEVELS, brightest - darkest <= 1


def counted(cell: Array, even: Array, places: int) -> Array:
    """``(places, LEVELS - 1)`` pictures with an even square at each place and level."""
    return windows(np.bincount(cell[even], minlength=places * LEVELS), places)


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


def lower(share: Array | float, n: Array | int) -> Array:
    """``(k,)`` the lower end of Wilson's 95 % interval."""
    z = norm.ppf(0.975)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.asarray((share + z**2 / (2 * n) - half) / (1 + z**2 / n))
