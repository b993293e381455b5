"""Heat maps: sign, scale and size are what the numbers say."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from xaiframe.report.pictures import draw as picture


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def centre(image: np.ndarray, cell: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """A pixel beside the middle of a cell, where no minus is drawn."""
    high, wide = image.shape[0] // shape[0], image.shape[1] // shape[1]
    return image[cell[0] * high + high // 5, cell[1] * wide + wide // 5]


def test_for_is_orange_against_is_blue_zero_is_paper():
    image = pixels(picture.heatmap(np.array([[1.0, -1.0], [0.0, 0.5]]), 1.0))
    red, _, blue = centre(image, (0, 0), (2, 2))
    assert red > blue + 100
    red, _, blue = centre(image, (0, 1), (2, 2))
    assert blue > red + 80
    assert np.ptp(centre(image, (1, 0), (2, 2))) < 5


def test_sign_survives_a_grey_copy():
    image = pixels(picture.heatmap(np.array([[1.0, -1.0]]), 1.0)).mean(axis=2)
    left, right = np.split(image, 2, axis=1)
    assert right.max() > 240
    assert left[5:-5, 5:-5].max() < 200


def test_one_scale_makes_equal_values_equal_colours():
    small = pixels(picture.heatmap(np.array([[0.2, 0.1]]), 0.4))
    large = pixels(picture.heatmap(np.array([[0.4, 0.2]]), 0.4))
    assert np.abs(centre(small, (0, 0), (1, 2)) - centre(large, (0, 1), (1, 2))).max() <= 4


def test_cells_are_enlarged_without_blending():
    image = pixels(picture.heatmap(np.eye(4), 1.0, millimetres=20))
    assert len(np.unique(image.reshape(-1, 3), axis=0)) == 2
    assert abs(image.shape[0] - 20 / 25.4 * picture.DPI) < 4


def test_conflict_is_framed():
    values, outline = np.zeros((2, 2)), np.array([[True, False], [False, False]])
    image = pixels(picture.heatmap(values, 1.0, outline=outline))
    half = image.shape[0] // 2
    assert (image[:half, :half].sum(axis=2) < 60).any()
    assert not (image[half + 4 :, half + 4 :].sum(axis=2) < 60).any()


def test_input_is_dark_ink_on_white():
    image = pixels(picture.grey(np.array([[0.0, 16.0]])))
    assert image[2, 2].tolist() == [255, 255, 255]
    assert image[2, -3].tolist() == [0, 0, 0]


def test_a_region_carries_one_minus_in_its_middle():
    regions = np.zeros((28, 28), dtype=int)
    regions[:, 14:] = 1
    values = np.where(regions == 1, -1.0, 1.0)
    image = pixels(picture.heatmap(values, 1.0, regions=regions))
    white = image.min(axis=2) > 240
    assert not white[:, : image.shape[1] // 2].any()
    rows = np.flatnonzero(white.any(axis=1))
    assert 0 < len(rows) < 12
    assert np.abs(rows - image.shape[0] / 2).max() < image.shape[0] / 10


def test_cells_too_small_to_see_carry_no_minus():
    assert pixels(picture.heatmap(-np.ones((28, 28)), 1.0)).min(axis=2).max() < 240


def test_a_map_larger_than_its_place_is_thinned_out():
    image = pixels(picture.heatmap(np.ones((500, 300)), 1.0, 20))
    assert max(image.shape) <= 20 / 25.4 * picture.DPI + 1


def test_a_photo_keeps_colours_and_levels():
    x = np.zeros((3, 2, 2))
    x[:, 0, 0] = [10, 100, 200]
    x[:, 1, 1] = 500
    image = pixels(picture.photo(x, 0, 255, 5))
    np.testing.assert_allclose(image[1, 1], [10, 100, 200], atol=1)
    assert image[-2, -2].tolist() == [255, 255, 255]
    assert image[1, -2].tolist() == [0, 0, 0]
    inverted = pixels(picture.photo(np.array([[[0.0, 16.0]]]), 16, 0, 5))
    assert inverted[1, 1].tolist() == [255, 255, 255]


def test_borders_lie_between_regions_and_nowhere_else():
    regions = np.array([[0, 1], [0, 1]])
    image = pixels(picture.photo(np.zeros((1, 2, 2)), 0, 1, 20, regions))
    coloured = np.flatnonzero((np.ptp(image, axis=2) > 50).all(axis=0))
    assert len(coloured)
    assert np.abs(coloured - image.shape[1] / 2).max() <= 2


def test_pictures_are_stacked_in_rows_and_columns():
    one = picture.photo(np.ones((1, 2, 2)), 0, 1, 5)
    with Image.open(io.BytesIO(one)) as single:
        side = single.width
    sheet = pixels(picture.stacked([[one, one], [one]], gap=6))
    assert sheet.shape[:2] == (2 * side + 6, 2 * side + 6)
