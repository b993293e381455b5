"""Picture files described by their headers and decoded once, in threads, into one array."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from xaiframe.data.pictures.listing import FORMATS
from xaiframe.errors import Problem
from xaiframe.explanation import Array

ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation."""
COLOURS = {"RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "LAB", "HSV"}
IN_MEMORY = 2**30
"""Bytes of decoded pictures beyond which they lie in a file of the temporary folder instead."""
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Header:
    """What a file says of its picture: size in pixels as it is to be seen, channels (1 grey, 3
    colour), depth in bits per channel, the EXIF orientation to undo, what else reading does."""

    height: int
    width: int
    channels: int
    depth: int
    orientation: int = 1
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Shape:
    """What all pictures become: channels, height and width."""

    channels: int
    height: int
    width: int


def headers(paths: Sequence[Path], names: Sequence[str]) -> list[Header | Problem]:
    """The header of each file, or what is wrong with it."""
    return _each(header, paths, names)


def pixels(
    paths: Sequence[Path], names: Sequence[str], found: Sequence[Header], shape: Shape
) -> tuple[Array, dict[int, Problem]]:
    """``(n, channels, height, width)`` float32, and by position what could not be decoded, whose
    rows stay zero. Beyond :data:`IN_MEMORY` the array is a memory map of a file that vanishes
    with it."""
    x = room((len(paths), shape.channels, shape.height, shape.width))

    def fill(place: tuple[int, Path, Header]) -> bool:
        position, path, own = place
        x[position] = decoded(path, own, shape)
        return True

    places = list(zip(range(len(paths)), paths, found, strict=True))
    answers = _each(fill, places, names)
    return x, {k: one for k, one in enumerate(answers) if isinstance(one, Problem)}


def room(shape: tuple[int, ...]) -> Array:
    """Zeros, in memory or in a file that has no name and vanishes with the array."""
    if 4 * int(np.prod(shape)) <= IN_MEMORY:
        return np.zeros(shape, dtype=np.float32)
    with tempfile.TemporaryFile(prefix="xaiframe-") as file:
        return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)


def header(path: Path) -> Header:
    """Read without decoding. Raises whatever Pillow raises."""
    with _open(path) as image:
        width, height = image.size
        orientation = _orientation(image)
        turned = orientation != 1
        if image.format == "TIFF":  # Pillow states the size upright and turns it when decoding
            orientation = 1
        if orientation >= 5:
            width, height = height, width
        traits = {
            "animated": getattr(image, "n_frames", 1) > 1,
            "turned": turned,
            "transparent": image.has_transparency_data,
            "converted": image.mode in COLOURS - {"RGB", "RGBA", "RGBX"},
        }
        return Header(
            height, width, _channels(image), _depth(image.mode), orientation,
            frozenset(name for name, found in traits.items() if found),
        )  # fmt: skip


@contextmanager
def _open(path: Path) -> Iterator[Image.Image]:
    """From a stream: given a name, Pillow 13 maps an uncompressed TIFF that lies on its side into
    memory with height and width exchanged."""
    with path.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
        yield image


def _orientation(image: Image.Image) -> int:
    """1 where there is none. A PNG that carries none would be decoded just to look for it."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    found = image.getexif().get(ORIENTATION, 1)
    return found if found in TURNS else 1


def _channels(image: Image.Image) -> int:
    if image.mode in ("P", "PA"):
        palette = np.array(image.getpalette("RGB") or [0], dtype=np.uint8)
        grey = palette.size % 3 or (palette.reshape(-1, 3) == palette[::3, None]).all()
        return 1 if grey else 3
    return 3 if image.mode in COLOURS else 1


def _depth(mode: str) -> int:
    return 16 if mode.startswith("I;16") else 32 if mode in ("I", "F") else 8


def decoded(path: Path, found: Header, shape: Shape) -> Array:
    """``(channels, height, width)`` float32 in the picture's own levels: the first frame, turned
    upright, on white where it is transparent, resized (bilinear, averaging where it shrinks) if
    its size is another. Pillow gives at most 8 bits per channel of colour.
    """
    with _open(path) as image:
        image.load()
        flat = _flat(image, shape.channels, found.depth)
        if found.orientation in TURNS:
            flat = flat.transpose(TURNS[found.orientation])
    if flat.mode in ("L", "RGB"):
        planes = [np.asarray(band, dtype=np.float32) for band in flat.split()]
    else:
        planes = [np.asarray(flat).astype(np.float32)] * shape.channels
    if not all(np.isfinite(plane).all() for plane in planes):
        raise ValueError("it holds numbers that are not finite")
    return np.stack([_resized(plane, shape.height, shape.width) for plane in planes])


def _flat(image: Image.Image, channels: int, depth: int) -> Image.Image:
    """The picture without transparency, in ``L`` or ``RGB``; deeper grey as it is."""
    if depth > 8:
        return image
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        image = Image.new("RGBA", image.size, "white")
        image.alpha_composite(coloured)
    if image.mode not in ("1", "L"):
        image = image.convert("RGB")
    return image.convert("L" if channels == 1 else "RGB")


def _resized(plane: Array, height: int, width: int) -> Array:
    if plane.shape == (height, width):
        return plane
    picture = Image.fromarray(plane)
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def _each(ask: Callable[[T], U], things: Sequence[T], names: Sequence[str]) -> list[U | Problem]:
    """What ``ask`` says of each, in threads and in order; a Problem where it raises."""

    def guarded(pair: tuple[T, str]) -> U | Problem:
        try:
            return ask(pair[0])
        except Exception as error:  # a broken file can fail in any decoder, in any way
            return Problem(pair[1], _reason(error), "the picture is left out")

    with (
        _whole_files(),
        _bombs_refused(),
        ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads,
    ):
        return list(threads.map(guarded, zip(things, names, strict=True)))


@contextmanager
def _whole_files() -> Iterator[None]:
    """A file that is cut off is no picture, whatever others in this process (WeasyPrint, for one)
    have told Pillow."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _reason(error: Exception) -> str:
    """What a reader of the report understands of a decoder's complaint."""
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        most = f"{Image.MAX_IMAGE_PIXELS or 0:,}".replace(",", " ")
        return f"it claims more than {most} pixels"
    if isinstance(error, UnidentifiedImageError):
        return "it is no picture that can be read"
    said = " ".join(str(error).split()) or type(error).__name__
    return f"it cannot be decoded: {said[:160]}"


@contextmanager
def _bombs_refused() -> Iterator[None]:
    """Pillow only warns of a picture that claims up to twice its limit of pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
