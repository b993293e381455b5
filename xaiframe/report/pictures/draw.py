"""Heat maps and input pictures as PNG: nearest-neighbour, one signed scale, readable in grey."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from xaiframe.explanation import Array

DPI = 200
AGAINST, NEUTRAL, FOR = (11, 79, 125), (250, 250, 250), (214, 116, 0)
"""Diverging around zero in blue and orange; marks of minus tell the two apart without colour."""
EDGE = (230, 159, 0)
SMALLEST_MARK = 10
"""Cells of fewer dots carry no minus: it could not be seen."""


def heatmap(
    values: Array,
    limit: float,
    millimetres: float = 24.0,
    outline: Array | None = None,
    regions: Array | None = None,
) -> bytes:
    """A signed map ``(rows, columns)`` on the scale −limit…limit.

    Regions against the target carry a minus sign (above a sixth of the scale), so that a grey copy
    still shows the sign; ``regions`` (int, same shape) says which cells belong together, by default
    each is its own. ``outline`` (bool, same shape) frames cells in conflict.
    """
    most = dots(millimetres)
    outline, regions = (None if one is None else thinned(one, most) for one in (outline, regions))
    share = np.clip(thinned(values, most) / (limit or 1.0), -1, 1)
    picture = enlarged(_coloured(share), millimetres)
    draw, cell = ImageDraw.Draw(picture), picture.width // share.shape[1]
    for row, column, size in _centres(share, regions):
        if share[row, column] < -1 / 6:
            _minus(draw, cell, row, column, size)
    if outline is not None:
        for side in edges(np.pad(outline.astype(int), 1), cell):
            draw.line([(x - cell, y - cell) for x, y in side], fill=(0, 0, 0), width=4)
    return png(picture)


def grey(values: Array, millimetres: float = 40.0) -> bytes:
    """A measured picture ``(rows, columns)`` or ``(rows, columns, 3)``, dark ink on white paper."""
    spread = values - values.min()
    level = spread / (spread.max() or 1.0)
    levels = 255 * (1 - level) if level.ndim == 2 else 255 * level
    return png(enlarged(levels.astype(np.uint8), millimetres))


def photo(
    x: Array,
    black: float,
    white: float,
    millimetres: float = 40.0,
    regions: Array | None = None,
    numbers: Mapping[int, str] | None = None,
) -> bytes:
    """The user's picture ``(channels, rows, columns)``, grey or colour, between its own levels.

    ``regions`` (int, ``(rows, columns)``) draws their borders; ``numbers`` names some of them.
    """
    return png(portrait(x, black, white, millimetres, regions, numbers))


def portrait(
    x: Array,
    black: float,
    white: float,
    millimetres: float = 40.0,
    regions: Array | None = None,
    numbers: Mapping[int, str] | None = None,
) -> Image.Image:
    """What :func:`photo` encodes."""
    level = np.clip((x - black) / ((white - black) or 1.0), 0, 1)
    pixels = (255 * level).round().astype(np.uint8)
    plane = np.moveaxis(pixels, 0, -1) if len(pixels) == 3 else pixels[0]
    picture = enlarged(plane, millimetres)
    if regions is None:
        return picture
    picture, wide = picture.convert("RGB"), picture.width / regions.shape[1]
    draw = ImageDraw.Draw(picture)
    for side in edges(regions, wide):
        draw.line(side, fill=EDGE, width=1 if wide < 4 else 2)
    font = ImageFont.load_default(max(14, picture.width // 13))
    for region, name in (numbers or {}).items():
        row, column = centre(regions == region)
        place = ((column + 0.5) * wide, (row + 0.5) * wide)
        draw.text(place, name, "white", font, anchor="mm", stroke_width=2, stroke_fill="black")
    return picture


def stacked(rows: Sequence[Sequence[bytes]], gap: int = 12) -> bytes:
    """Pictures of one size in rows and columns, on white."""
    opened = [[Image.open(io.BytesIO(one)).convert("RGB") for one in row] for row in rows]
    wide = max(one.width for row in opened for one in row)
    high = max(one.height for row in opened for one in row)
    columns = max(len(row) for row in opened)
    size = (columns * (wide + gap) - gap, len(opened) * (high + gap) - gap)
    sheet = Image.new("RGB", size, "white")
    for r, row in enumerate(opened):
        for c, one in enumerate(row):
            sheet.paste(one, (c * (wide + gap), r * (high + gap)))
    return png(sheet)


def dots(millimetres: float) -> int:
    """How many dots a length takes on paper."""
    return round(millimetres / 25.4 * DPI)


def thinned(cells: Array, most: int) -> Array:
    """Every k-th row and column, so that no side has more than ``most``."""
    step = -(-max(cells.shape[:2]) // most)
    return cells[::step, ::step]


def centre(region: Array) -> tuple[int, int]:
    """The cell of a region (bool, ``(rows, columns)``) nearest to its middle."""
    cells = np.argwhere(region)
    row, column = cells[((cells - cells.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    return int(row), int(column)


def edges(regions: Array, cell: float) -> Iterator[list[tuple[float, float]]]:
    """The sides between cells of two regions, as lines in dots."""
    for row, column in np.argwhere(regions[:, 1:] != regions[:, :-1]):
        x, y = (column + 1) * cell, row * cell
        yield [(x, y), (x, y + cell)]
    for row, column in np.argwhere(regions[1:] != regions[:-1]):
        x, y = column * cell, (row + 1) * cell
        yield [(x, y), (x + cell, y)]


def _centres(share: Array, regions: Array | None) -> Iterator[tuple[int, int, int]]:
    """Row and column of each region's middle cell, and its side in cells were it square."""
    if regions is None:
        for row, column in np.argwhere(share < 0):
            yield int(row), int(column), 1
        return
    for region in np.unique(regions[share < 0]):
        row, column = centre(regions == region)
        yield row, column, max(1, int(np.sqrt((regions == region).sum())))


def _coloured(share: Array) -> Array:
    weight = np.abs(share)[..., None]
    end = np.where(share[..., None] >= 0, np.array(FOR), np.array(AGAINST))
    return np.asarray((1 - weight) * np.array(NEUTRAL) + weight * end).round().astype(np.uint8)


def enlarged(pixels: Array, millimetres: float) -> Image.Image:
    """``(rows, columns)`` or ``(rows, columns, 3)`` bytes, whole dots per pixel; a larger picture
    is averaged down."""
    height, width = pixels.shape[:2]
    most = dots(millimetres)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if max(height, width) > most:
        scale = most / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return image.resize(size, Image.Resampling.LANCZOS)
    factor = max(1, round(most / max(height, width)))
    return image.resize((width * factor, height * factor), Image.Resampling.NEAREST)


def _minus(draw: ImageDraw.ImageDraw, cell: int, row: int, column: int, size: int) -> None:
    wide = cell * size
    if wide < SMALLEST_MARK:
        return
    x, y = (column + 0.5) * cell, (row + 0.5) * cell
    half, thick = max(3, wide // 6), max(1, min(wide // 24, 4))
    draw.rectangle([x - half, y - thick, x + half, y + thick], fill="white")


def png(picture: Image.Image) -> bytes:
    """Encoded with at most 256 colours."""
    buffer = io.BytesIO()
    small = picture.quantize(256) if picture.mode == "RGB" else picture
    small.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
