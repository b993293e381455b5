"""Heat maps and input pictures as PNG: nearest-neighbour, one signed scale, readable in grey."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from xaiframe.explanation import Array

DPI = 200
AGAINST, NEUTRAL, FOR = (11, 79, 125), (250, 250, 250), (214, 116, 0)
"""Diverging around zero in blue and orange; marks of minus tell the two apart without colour."""


def heatmap(
    values: Array, limit: float, millimetres: float = 24.0, outline: Array | None = None
) -> bytes:
    """A signed map ``(rows, columns)`` on the scale −limit…limit.

    Cells against the target carry a minus sign (above a sixth of the scale), so that a grey copy
    still shows the sign; ``outline`` (bool, same shape) frames cells in conflict.
    """
    share = np.clip(values / (limit or 1.0), -1, 1)
    picture = _enlarge(_coloured(share), millimetres)
    draw = ImageDraw.Draw(picture)
    for (row, column), value in np.ndenumerate(share):
        box = _cell(picture, share.shape, row, column)
        if value < -1 / 6:
            _minus(draw, box)
        if outline is not None and outline[row, column]:
            _border(draw, box, outline, row, column)
    return _png(picture)


def grey(values: Array, millimetres: float = 40.0) -> bytes:
    """An input picture ``(rows, columns)`` or ``(rows, columns, 3)``, dark ink on white paper."""
    spread = values - values.min()
    level = spread / (spread.max() or 1.0)
    levels = 255 * (1 - level) if level.ndim == 2 else 255 * level
    return _png(_enlarge(levels.astype(np.uint8), millimetres))


def _coloured(share: Array) -> Array:
    weight = np.abs(share)[..., None]
    end = np.where(share[..., None] >= 0, np.array(FOR), np.array(AGAINST))
    return np.asarray((1 - weight) * np.array(NEUTRAL) + weight * end).round().astype(np.uint8)


def _enlarge(pixels: Array, millimetres: float) -> Image.Image:
    height, width = pixels.shape[:2]
    side = millimetres / 25.4 * DPI
    factor = max(1, round(side / max(height, width)))
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return image.resize((width * factor, height * factor), Image.Resampling.NEAREST)


def _cell(picture: Image.Image, shape: tuple[int, ...], row: int, column: int) -> list[int]:
    high, wide = picture.height // shape[0], picture.width // shape[1]
    return [column * wide, row * high, (column + 1) * wide - 1, (row + 1) * high - 1]


def _minus(draw: ImageDraw.ImageDraw, box: list[int]) -> None:
    left, top, right, bottom = box
    if right - left < 6:
        return
    middle, inset = (top + bottom) // 2, (right - left) // 3
    thick = max(1, (bottom - top) // 12)
    draw.rectangle([left + inset, middle - thick, right - inset, middle + thick], fill="white")


def _border(
    draw: ImageDraw.ImageDraw, box: list[int], outline: Array, row: int, column: int
) -> None:
    """The sides of a framed cell that do not touch another framed cell."""
    left, top, right, bottom = box
    sides = {
        (row - 1, column): (left, top, right, top),
        (row + 1, column): (left, bottom, right, bottom),
        (row, column - 1): (left, top, left, bottom),
        (row, column + 1): (right, top, right, bottom),
    }
    for (r, c), side in sides.items():
        inside = 0 <= r < outline.shape[0] and 0 <= c < outline.shape[1]
        if not (inside and outline[r, c]):
            draw.line(side, fill=(0, 0, 0), width=4)


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.quantize(256).save(
        buffer, "PNG", optimize=True
    ) if picture.mode == "RGB" else picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
