"""Global importance of image regions: mean |attribution| per patch, one map per method."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from xaiframe.explanation import Array
from xaiframe.report import explained, picture, words
from xaiframe.report.block import Block, Figure, Grid, Heading
from xaiframe.report.record import Record


def spread(values: Array, mask: Array) -> Array:
    """A value per feature laid out over the elements it covers, ``(rows, columns)``."""
    flat = mask.reshape(mask.shape[-2:]) if mask.ndim < 3 else mask[0]
    return np.asarray(values[flat])


def importance_maps(record: Record) -> Iterable[Block]:
    """The patches that carry decisions, P methods first, on one common scale."""
    mask = explained.inputs(record).get("feature_mask")
    methods = explained.local_methods(record)
    if mask is None or not methods:
        return
    means = {
        m: np.abs(explained.shares(explained.attribution(record, m)["values"])).mean(0)
        for m in methods
    }
    limit = max(float(mean.max()) for mean in means.values())
    names = explained.features(record)
    top = names[int(np.mean(list(means.values()), axis=0).argmax())]
    yield Heading(
        "average-maps",
        f"{words.sentence(top)} carries most on average",
        "Mean share of |attribution| per patch over the explained pictures; all maps share one "
        f"scale up to {words.number(limit)}.",
    )
    figures = [
        Figure(
            f"map-{method}",
            f"{explained.stage_of(record, method)[:1].upper()} · {words.label(method)}",
            picture.heatmap(spread(means[method], mask), limit),
            alt=f"mean share of attribution per patch, {words.label(method)}",
            width=96,
            grey=explained.reliability(record, method).below,
        )
        for method in methods
    ]
    yield Grid(figures, 6)
