"""What of an input changed, in the user's own words and units."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.precaution.corruptions.table import finite

NAMED = 3
"""Most changes that are named."""
READ = 2000
"""Training rows that say by how much a column varies."""


def told(data: Data, before: Array, after: Array) -> str:
    """What of one instance ``input_shape`` changed, the most striking first.

    Cells with their values before and after, words that were exchanged, or by how much pixels and
    samples moved at most.
    """
    if data.modality == "table":
        return _cells(data, before, after)
    if data.modality == "text":
        return _words(data, before, after)
    moved = np.abs(after.astype(np.float64) - before)
    share = f"{(moved > 0).mean():.0%} of the {'pixels' if data.modality == 'image' else 'samples'}"
    return f"{share}, by at most {moved.max():.3g}"


def _cells(data: Data, before: Array, after: Array) -> str:
    old, new = (data.encoding.values(one[None])[0] for one in (before, after))
    train = finite(data.encoding.values(data.train.x[:READ]))
    known = np.where(np.isfinite(train).any(axis=0), train, 0.0)
    scale = np.nanstd(known, axis=0)
    with np.errstate(invalid="ignore"):
        size = np.abs(new - old) / np.where(scale > 0, scale, 1.0)
    lost = np.isnan(new) != np.isnan(old)
    size = np.where(lost, np.inf, np.nan_to_num(size))
    order = [int(k) for k in np.argsort(-size, kind="stable") if size[k] > 0]
    named = [
        f"{data.features[k]} {_value(data, k, old[k])} → {_value(data, k, new[k])}"
        for k in order[:NAMED]
    ]
    return _joined(named, len(order))


def _value(data: Data, feature: int, value: float) -> str:
    if np.isnan(value):
        return "(missing)"
    levels = data.encoding.levels.get(data.features[feature], ())
    return levels[int(value)] if levels else f"{value:.4g}"


def _words(data: Data, before: Array, after: Array) -> str:
    old, new = (data.encoding.tokens(one) for one in (before, after))
    named = [f"{a or '–'} → {b or '–'}" for a, b in zip(old, new, strict=True) if a != b]
    return _joined(named[:NAMED], len(named))


def _joined(named: list[str], total: int) -> str:
    more = f" and {total - len(named)} more" if total > len(named) else ""
    return "; ".join(named) + more
