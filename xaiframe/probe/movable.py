"""Which elements of an input can move by a little, and between which values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array


def numeric(data: Data) -> Array:
    """``(features,)`` bool: which are measured numbers, neither levels nor dates."""
    kinds = data.encoding.kinds
    return np.array([kinds.get(name, "numeric") == "numeric" for name in data.features], dtype=bool)


def movable(data: Data, x: Array) -> Array:
    """``x``'s shape, bool: all of pictures and series; of a table's rows ``(n, elements)`` the
    numbers that are there. Levels, dates, and the element that says that a number is missing do not
    move by a little."""
    if data.modality != "table":
        return np.ones(x.shape, dtype=bool)
    owner = data.feature_mask
    _, first = np.unique(owner, return_index=True)
    own = np.zeros(len(owner), dtype=bool)
    own[first] = numeric(data)[owner[first]]
    there = np.isfinite(data.encoding.values(x))[:, owner]
    return np.asarray(own & there)


def held(data: Data, fixed: Sequence[str]) -> Array:
    """``(features,)`` bool: which may not change, by name or because they are sensitive.

    Raises NotApplicable for a name that the data do not have.
    """
    unknown = [name for name in fixed if name not in data.features]
    if unknown:
        raise NotApplicable(f"fixed: no feature is called {unknown[0]!r}")
    return np.isin(np.array(data.features, dtype=object), [*fixed, *data.sensitive])


def ends(data: Data, x: Array) -> tuple[Array, Array]:
    """``x``'s shape: lowest and highest value that each element may take, those of the training
    split (of a picture over all pixels, of a series over its channel) and the instance's own."""
    over = {"image": None, "series": (0, 2)}.get(data.modality, 0)
    low = np.minimum(data.train.x.min(axis=over, keepdims=over is not None), x)
    high = np.maximum(data.train.x.max(axis=over, keepdims=over is not None), x)
    return low, high
