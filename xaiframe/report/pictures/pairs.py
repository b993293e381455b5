"""Pairs of regions of one picture, as lines between their middles."""

from __future__ import annotations

import pandas as pd
from PIL import ImageDraw

from xaiframe.explanation import Array
from xaiframe.report import explained
from xaiframe.report.block import Figure
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.record import Record

WIDE = 44
"""Millimetres of the picture."""


def draw(record: Record, position: int, pairs: pd.DataFrame, key: str) -> Figure:
    """The picture with a line per pair (first, second, value): orange and blue by sign, the
    thicker the larger, white dots within blue ones so that a grey copy shows the sign too."""
    x, mask = explained.inputs(record)["x"], picture_input.regions(record, position)
    own = mask if picture_input.own_regions(record) else None
    sheet = picture.portrait(x[position], *picture_input.levels(record, x), WIDE, own)
    sheet = sheet.convert("RGB")
    pen, wide = ImageDraw.Draw(sheet), sheet.width / mask.shape[1]
    number = {name: k for k, name in enumerate(explained.features(record))}
    most = float(pairs["value"].abs().max()) or 1.0
    for one in pairs.iloc[::-1].to_dict("records"):
        ends = [_middle(mask == number[str(one[side])], wide) for side in ("first", "second")]
        thick = max(3, round(9 * abs(float(one["value"])) / most))
        pen.line(ends, fill="white", width=thick + 4)
        pen.line(ends, fill=picture.FOR if one["value"] > 0 else picture.AGAINST, width=thick)
        if one["value"] < 0:
            pen.line(ends, fill="white", width=max(1, thick // 4))
        for a, b in ends:
            pen.ellipse([a - 5, b - 5, a + 5, b + 5], fill="white", outline="black")
    return Figure(
        f"{key}-lines",
        "Where these pairs are",
        picture.png(sheet),
        how="Orange: more together than the two alone; blue with a white core: less; the thicker "
        "the larger.",
        alt="the picture with a line for each pair of the table",
        width=172,
    )


def _middle(region: Array, wide: float) -> tuple[float, float]:
    row, column = picture.centre(region)
    return (column + 0.5) * wide, (row + 0.5) * wide
