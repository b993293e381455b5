"""Corruptions of pictures: what they do, by hand and by another library."""

import numpy as np
import pytest
from skimage.filters import gaussian

from xaiframe.precaution.corruptions.image import CORRUPTIONS, blur, brightness, contrast, occlusion

BY_NAME = {one.name: one for one in CORRUPTIONS}


@pytest.fixture
def grey(pictures):
    x = np.random.default_rng(0).integers(0, 17, (200, 1, 4, 4))
    x[0] = 8
    return pictures(x, np.arange(200) % 2)


def random():
    return np.random.default_rng(1)


def test_noise_has_the_stated_spread(grey):
    middle = grey.test.take(np.arange(len(grey.test)))
    middle.x[:] = 8
    moved = BY_NAME["noise"].apply(grey, middle, 0.04, random()) - 8

    assert moved.std() == pytest.approx(0.04 * 16, rel=0.05)
    assert abs(moved.mean()) < 0.05


def test_blur_is_scikit_images(grey):
    found = blur(grey, grey.test, 0.7, random())
    expected = [gaussian(one[0].astype(float), 0.7, mode="nearest") for one in grey.test.x]
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-3)


def test_contrast_and_brightness_by_hand(grey):
    x, mean = grey.test.x, grey.test.x.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(contrast(grey, grey.test, 0.5, random()), (x + mean) / 2, atol=1e-5)
    moved = brightness(grey, grey.test, 0.1, random()) - x
    inside = (x > 2) & (x < 14)
    np.testing.assert_allclose(np.abs(moved[inside]), 1.6, atol=1e-5)


def test_occlusion_covers_one_square_with_the_mean(grey):
    found = occlusion(grey, grey.test, 0.5, random())
    covered = (found != grey.test.x).sum(axis=(1, 2, 3))

    assert covered.max() == covered.min() == 4
    assert found[found != grey.test.x] == pytest.approx(grey.train.x.mean(), abs=1e-4)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.name)
def test_more_is_more_and_nothing_leaves_the_range(grey, corruption):
    low, high = grey.train.x.min(), grey.train.x.max()
    found = [corruption.apply(grey, grey.test, one, random()) for one in corruption.amounts]
    moved = [np.abs(one - grey.test.x).mean() for one in found]

    assert moved == sorted(moved)
    assert all(one.min() >= low and one.max() <= high for one in found)
    assert all(one.dtype == np.float32 for one in found)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.name)
def test_pictures_of_one_colour_stay(pictures, corruption):
    black = pictures(np.zeros((40, 1, 4, 4)), np.arange(40) % 2)
    np.testing.assert_array_equal(corruption.apply(black, black.test, 0.1, random()), black.test.x)
