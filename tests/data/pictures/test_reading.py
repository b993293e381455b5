import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from xaiframe.data.pictures.reading import Header, Shape, decoded, header, headers, pixels
from xaiframe.errors import Problem

STEPS = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
"""What EXIF 2.3, section 4.6.4, says of each orientation."""


def saved(path, picture, **keywords):
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(
        path, **keywords
    )
    return path


def read(path, channels=1, size=None):
    found = header(path)
    return decoded(path, found, Shape(channels, *(size or (found.height, found.width))))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".gif", ".webp", ".pgm"])
def test_grey_comes_as_it_is_from_every_format(tmp_path, suffix):
    path = saved(
        tmp_path / f"a{suffix}", STEPS, **({"lossless": True} if suffix == ".webp" else {})
    )
    np.testing.assert_array_equal(read(path)[0], STEPS)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_keep_their_levels(tmp_path, suffix):
    deep = STEPS.astype(np.uint16) * 250
    path = saved(tmp_path / f"a{suffix}", deep)
    assert header(path).depth == 16
    np.testing.assert_array_equal(read(path)[0], deep)
    np.testing.assert_array_equal(read(path, channels=3), np.stack([deep] * 3))


def test_a_palette_is_resolved(tmp_path):
    colours = np.array([[[255, 0, 0], [0, 255, 0]]], dtype=np.uint8)
    path = saved(tmp_path / "a.png", Image.fromarray(colours).quantize(4))
    assert header(path).channels == 3
    np.testing.assert_array_equal(np.moveaxis(read(path, 3), 0, -1), colours)


def test_a_palette_of_greys_is_grey(tmp_path):
    path = saved(tmp_path / "a.png", Image.fromarray(np.stack([STEPS] * 3, -1)).quantize(16))
    with Image.open(path) as picture:
        assert picture.mode == "P"
    assert header(path).channels == 1
    np.testing.assert_array_equal(read(path)[0], STEPS)


def test_transparent_pixels_lie_on_white(tmp_path):
    rgba = np.zeros((1, 3, 4), dtype=np.uint8)
    rgba[0, :, 0] = 200
    rgba[0, :, 3] = [255, 0, 128]
    path = saved(tmp_path / "a.png", rgba)
    assert header(path).traits == {"transparent"}
    red, green, _ = read(path, 3)
    np.testing.assert_allclose(red[0], [200, 255, 227], atol=1)
    np.testing.assert_allclose(green[0], [0, 255, 127], atol=1)


def test_cmyk_is_converted_and_noted(tmp_path):
    cmyk = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    path = saved(tmp_path / "a.jpg", cmyk, quality=100)
    assert header(path).traits == {"converted"}
    np.testing.assert_allclose(read(path, 3)[:, 4, 4], [255, 0, 0], atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_pictures_are_turned_upright(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    keywords = {"lossless": True} if suffix == ".webp" else {}
    path = saved(tmp_path / f"a{suffix}", STEPS, exif=exif, **keywords)
    want = UPRIGHT[orientation](STEPS)
    found = header(path)
    assert (found.height, found.width) == want.shape
    assert ("turned" in found.traits) == (orientation != 1)
    np.testing.assert_array_equal(read(path)[0], want)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".tif", ".webp"])
def test_of_several_frames_the_first_is_read(tmp_path, suffix):
    frames = [Image.fromarray(STEPS), Image.fromarray(255 - STEPS)]
    keywords = {"lossless": True} if suffix == ".webp" else {}
    path = saved(
        tmp_path / f"a{suffix}", frames[0], save_all=True, append_images=frames[1:], **keywords
    )
    assert "animated" in header(path).traits
    np.testing.assert_array_equal(read(path)[0], STEPS)


def test_resizing_is_bilinear_and_averages_where_it_shrinks(tmp_path):
    path = saved(tmp_path / "a.png", np.kron(np.eye(2), np.full((8, 8), 200)).astype(np.uint8))
    np.testing.assert_allclose(read(path, size=(1, 1)), 100, atol=1)
    np.testing.assert_allclose(read(path, size=(8, 8))[0, 0, [0, -1]], [200, 0], atol=1)


@pytest.mark.parametrize("lenient", [False, True])
def test_what_is_broken_is_named_and_the_rest_goes_on(tmp_path, monkeypatch, lenient):
    """Whether or not another library, WeasyPrint say, has told Pillow to accept half a file."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
    good = saved(tmp_path / "good.png", STEPS)
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:-30])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\nnot run")
    names = ["cut.png", "empty.png", "good.png", "text.png"]
    found = headers([tmp_path / name for name in names], names)
    assert [isinstance(one, Problem) for one in found] == [False, True, False, True]
    assert "no picture that can be read" in found[1].message
    kept = [tmp_path / "cut.png", good]
    x, broken = pixels(kept, ["cut.png", "good.png"], [found[0], found[2]], Shape(1, 3, 4))
    assert list(broken) == [0]
    assert broken[0].place == "cut.png"
    assert "cannot be decoded" in broken[0].message
    np.testing.assert_array_equal(x[1, 0], STEPS)
    assert not x[0].any()
    assert lenient == ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_decompression_bomb_is_damage(tmp_path):
    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    for side in (10_000, 60_000):  # Pillow warns of the first and refuses the second
        size = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0"))
        (tmp_path / "bomb.png").write_bytes(content + chunk(b"IEND", b""))
        (found,) = headers([tmp_path / "bomb.png"], ["bomb.png"])
        assert "claims more than" in found.message


def test_numbers_that_are_not_finite_are_damage(tmp_path):
    path = saved(tmp_path / "a.tif", np.array([[0.5, np.nan]], dtype=np.float32))
    _, broken = pixels([path], ["a.tif"], [header(path)], Shape(1, 1, 2))
    assert "not finite" in broken[0].message
    assert isinstance(header(path), Header)
