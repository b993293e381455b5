"""Importance of image regions: mean |attribution| per patch, or pictures that stand for a class."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Figure, Grid, Heading, Note
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

GALLERY = 10
WITHHELD = "withheld: the report was asked to keep single pictures out (report.redact)"
STRIP = 5


def spread(values: Array, mask: Array) -> Array:
    """A value per feature laid out over the elements it covers, ``(rows, columns)``."""
    flat = mask.reshape(mask.shape[-2:]) if mask.ndim < 3 else mask[0]
    return np.asarray(values[flat])


def importance_maps(record: Record) -> Iterable[Block]:
    """The patches that carry decisions, P methods first, on one common scale; where each picture
    has regions of its own, one picture per class instead."""
    methods = explained.local_methods(record)
    if "feature_mask" not in explained.inputs(record) or not methods:
        return
    if picture_input.own_regions(record):
        yield from gallery(record)
        return
    mask = picture_input.regions(record, 0)
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


def gallery(record: Record) -> Iterable[Block]:
    """A picture of each class, the surest right answer, and what carries it; withheld with rows."""
    if record.redact:
        yield Note("What stands for each class", WITHHELD)
        return
    rows = standing(record)[:GALLERY]
    if not rows:
        return
    halves = [_half(carried(record, int(row["position"]))) for row in rows]
    few = words.of_hundred(float(np.mean(halves)))
    yield Heading(
        "gallery",
        f"Half of an answer rests on {few} segments",
        "The surest right answer of each class, and below it the mean share of attribution of all "
        f"methods whose sign means something{_once(record)}: orange speaks for the class, blue "
        "with a white minus against it; each map on its own scale.",
    )
    figures: list[Block] = [
        Figure(
            f"gallery-{row['position']}",
            str(row["predicted"]),
            picture.stacked(_pair(record, int(row["position"]), 26)),
            alt=f"{row['predicted']}: the picture and the segments that carry the answer",
            width=102,
        )
        for row in rows
    ]
    yield Grid(figures, 5)


def _once(record: Record) -> str:
    return ", P and G counting once each" if len(explained.sides(record)) > 1 else ""


def summary(record: Record) -> Figure | None:
    """One picture for the summary: where both directions look, on average or in some pictures."""
    methods = explained.local_methods(record)
    if "feature_mask" not in explained.inputs(record) or not methods:
        return None
    if picture_input.own_regions(record):
        return _strip(record)
    means = [
        np.abs(explained.shares(explained.attribution(record, m)["values"])).mean(0)
        for m in methods
    ]
    mean = np.mean(means, axis=0)
    mask = picture_input.regions(record, 0)
    return Figure(
        "executive-picture",
        "Where it looks on average: the stronger the colour, the more the area decides",
        picture.heatmap(spread(mean, mask), float(mean.max()), 50),
        alt="mean share of attribution per patch over all methods",
        width=190,
    )


def _strip(record: Record) -> Figure | None:
    rows = [] if record.redact else standing(record)[:STRIP]
    if not rows:
        return None
    pairs = [_pair(record, int(row["position"]), 26) for row in rows]
    named = words.listing(str(row["predicted"]) for row in rows)
    return Figure(
        "executive-picture",
        f"What carries the answer, below each picture: {named}",
        picture.stacked([[pair[k][0] for pair in pairs] for k in (0, 1)]),
        how="Orange parts speak for the answer, blue ones with a white minus against it.",
        alt=f"pictures of {named} and the parts that carry the answer",
        width=560,
    )


def standing(record: Record) -> list[pd.Series]:
    """The explained instance of each predicted class that is right and surest, in class order;
    where a class has no right one, it is left out."""
    table = explained.instances(record)
    right = table[table["predicted"].astype(str) == table["y"].astype(str)]
    ordered = right.sort_values(["predicted", "confidence"], ascending=[True, False], kind="stable")
    return [row for _, row in ordered.drop_duplicates("predicted").iterrows()]


def carried(record: Record, position: int) -> Array:
    """``(features,)`` mean share of the methods that speak with a sign, each direction once."""
    sides = []
    for direction in ("P", "G"):
        speaking = [
            method
            for method in explained.local_methods(record, direction)
            if explained.signed(record, method)
        ]
        if speaking:
            own = [explained.shown_shares(record, method)[position] for method in speaking]
            sides.append(np.mean(own, axis=0))
    if not sides:
        return np.zeros(len(explained.features(record)))
    return np.asarray(np.mean(sides, axis=0))


def _half(shares: Array) -> float:
    """Share of the segments that speak at all which together hold half of the attribution."""
    sizes = np.sort(np.abs(shares))[::-1]
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return 0.0
    return float((np.searchsorted(np.cumsum(sizes), sizes.sum() / 2) + 1) / len(sizes))


def _pair(record: Record, position: int, millimetres: float) -> list[list[bytes]]:
    """The picture above, what carries its answer below."""
    shares, mask = carried(record, position), picture_input.regions(record, position)
    limit = float(np.abs(shares).max())
    wide = spread(shares, mask)
    return [
        [picture_input.show(record, position, millimetres)],
        [picture.heatmap(wide, limit, millimetres, regions=mask)],
    ]
