"""Explanations in different features, told in the same small cells, so that one can be held against
the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xaiframe.data.face import Data
from xaiframe.evaluation.evidence import Asked, Evidence, Explained, Reexplain
from xaiframe.explanation import Array
from xaiframe.model.face import Model

CELLS = 1024
"""Cells of an instance at most: single pixels up to 32×32, single samples up to as many."""


def on_cells(evidence: Evidence, cells: Data) -> Evidence:
    """The same evidence with every attribution told per cell of ``cells``, whose features are those
    that all instances share: what a measure takes away is then cells, whatever was attributed to.
    """
    own = evidence.data.feature_mask if evidence.mask is None else evidence.mask
    return replace(
        evidence,
        data=in_cells(evidence.data, cells),
        local={name: retold(one, own, cells) for name, one in evidence.local.items()},
        mask=None,
        reexplain=_retelling(evidence, cells),
    )


def in_cells(data: Data, cells: Data) -> Data:
    """``data`` that speaks of cells."""
    return replace(
        data,
        features=cells.features,
        feature_mask=cells.feature_mask,
        aligned=True,
        encoding=cells.encoding,
    )


def retold(one: Explained, mask: Array, cells: Data) -> Explained:
    """A method's attributions per cell; ``mask`` as in :func:`spread`."""
    count = len(cells.features)
    repeat = one.repeat
    if repeat is not None:
        again = mask if mask.ndim == cells.feature_mask.ndim else mask[: len(repeat)]
        repeat = spread(repeat, again, cells.feature_mask, count)
    values = spread(one.values, mask, cells.feature_mask, count)
    return replace(one, values=values, error=None, repeat=repeat)


def spread(values: Array, mask: Array, cells: Array, count: int) -> Array:
    """``(n, count)``: each attribution of ``values`` ``(n, features)`` shared out evenly over the
    elements of its feature, and summed again over each cell; sums stay what they are.

    ``mask`` says which feature an element of the input belongs to, ``input_shape``, or ``(n,
    *input_shape)`` where each instance has its own; ``cells`` ``input_shape`` which cell.
    """
    owners = np.broadcast_to(mask, (len(values), *cells.shape)).reshape(len(values), cells.size)
    found = np.zeros((len(values), count))
    for row, (own, owner) in enumerate(zip(values, owners, strict=True)):
        sizes = np.maximum(np.bincount(owner, minlength=len(own)), 1)
        found[row] = np.bincount(cells.reshape(-1), (own / sizes)[owner], count)
    return found


def _retelling(evidence: Evidence, cells: Data) -> Reexplain:
    """Attributions once more, asked in the instances' own features and told in cells."""
    place = {one: at for at, one in enumerate(evidence.ids.tolist())}

    def reexplain(model: Model, asked: Asked, names: Sequence[str]) -> dict[str, Array]:
        mask = evidence.mask
        if mask is not None:
            mask = mask[[place[one] for one in asked.ids.tolist()]]
        answers = evidence.reexplain(model, replace(asked, mask=mask), names)
        own = evidence.data.feature_mask if mask is None else mask
        return {
            name: spread(values, own, cells.feature_mask, len(cells.features))
            for name, values in answers.items()
        }

    return reexplain
