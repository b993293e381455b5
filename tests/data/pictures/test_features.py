import numpy as np
import pytest
from scipy.ndimage import label
from scipy.stats import entropy

from xaiframe.data.pictures.features import (
    Superpixels,
    in_order,
    merge,
    neighbours,
    patches,
    placeholder,
    properties,
    superpixels,
)
from xaiframe.errors import DataError


def pictures():
    random = np.random.default_rng(0)
    half = np.zeros((1, 28, 28))
    half[..., 14:] = 200
    return {
        "constant": np.full((1, 28, 28), 7.0),
        "half": half,
        "noise": 255 * random.random((1, 28, 28)),
        "coloured noise": 255 * random.random((3, 40, 30)),
        "one row": random.random((1, 1, 40)),
        "two pixels": np.zeros((3, 1, 2)),
        "deep": 60000 * random.random((1, 16, 16)) ** 4,
    }


@pytest.mark.parametrize("name", pictures())
@pytest.mark.parametrize("most", [2, 8, 24])
def test_superpixels_are_two_or_more_connected_and_at_most_so_many(name, most):
    picture = pictures()[name].astype(np.float32)
    most = min(most, picture[0].size)
    mask = superpixels(picture, most)
    assert mask.shape == picture.shape
    numbers = np.unique(mask)
    np.testing.assert_array_equal(numbers, np.arange(len(numbers)))
    assert 2 <= len(numbers) <= most
    for number in numbers:
        assert label(mask[0] == number)[1] == 1
    for channel in mask:
        np.testing.assert_array_equal(channel, mask[0])
    np.testing.assert_array_equal(mask, superpixels(picture, most))


def test_superpixels_keep_to_an_edge():
    mask = superpixels(pictures()["half"].astype(np.float32), 8)[0]
    assert set(mask[:, :14].ravel()) & set(mask[:, 14:].ravel()) == set()


def test_superpixels_do_not_depend_on_the_levels_unit():
    picture = pictures()["deep"].astype(np.float32)
    np.testing.assert_array_equal(superpixels(picture, 12), superpixels(picture / 65535, 12))


def test_noise_does_not_fall_into_a_few_segments():
    assert len(np.unique(superpixels(pictures()["noise"].astype(np.float32), 24))) >= 12


def test_merging_takes_the_smallest_into_its_most_alike_neighbour():
    segments = np.array([[0, 0, 1, 2, 2, 2]])
    picture = np.array([[[0.0, 0.0, 8.0, 9.0, 9.0, 9.0]]])
    np.testing.assert_array_equal(merge(segments, picture, 2), [[0, 0, 2, 2, 2, 2]])
    assert neighbours(segments, 1) == [0, 2]


def test_segments_are_numbered_by_their_first_pixel():
    np.testing.assert_array_equal(
        in_order(np.array([[5, 5, 2], [7, 2, 2]])), [[0, 0, 1], [2, 1, 1]]
    )


def test_superpixels_are_found_only_where_asked():
    x = np.stack([one[:, :28, :28] for one in (pictures()["half"], pictures()["noise"])])
    lazy = Superpixels(x.astype(np.float32), 6)
    assert (len(lazy), lazy.shape, lazy.ndim) == (2, x.shape, 4)
    np.testing.assert_array_equal(lazy[np.array([1])][0], superpixels(lazy.x[1], 6))
    np.testing.assert_array_equal(np.asarray(lazy), lazy[np.arange(2)])
    np.testing.assert_array_equal(lazy[1], lazy[np.array([1])][0])
    assert lazy[np.array([], dtype=int)].shape == (0, 1, 28, 28)


def test_the_placeholder_has_as_many_features_as_are_named():
    mask, names = placeholder((3, 5, 4), 7)
    assert mask.shape == (3, 5, 4)
    assert names == tuple(f"segment {k}" for k in range(1, 8))
    np.testing.assert_array_equal(np.unique(mask), np.arange(7))


@pytest.mark.parametrize("most", [1, 21])
def test_superpixels_that_do_not_fit_are_refused(most):
    with pytest.raises(DataError, match="2 to 20"):
        placeholder((1, 5, 4), most)


def test_patches_tile_the_picture_row_by_row():
    mask, names = patches((2, 5, 4), 2)
    assert names[:3] == ("patch 0,0", "patch 0,1", "patch 1,0")
    np.testing.assert_array_equal(mask[0], mask[1])
    assert mask[0, 4, 3] == names.index("patch 2,1")
    assert [int((mask[0] == k).sum()) for k in range(6)] == [4, 4, 4, 4, 2, 2]


@pytest.mark.parametrize("side", [0, 9])
def test_a_patch_that_does_not_fit_is_refused(side):
    with pytest.raises(DataError, match="does not fit"):
        patches((1, 8, 8), side)


def test_properties_of_a_known_picture():
    picture = np.zeros((2, 1, 4, 4), dtype=np.float32)
    picture[0, 0, :2] = 8
    frame = properties(picture)
    assert frame.loc[0, "brightness"] == 4
    assert frame.loc[0, "contrast"] == 4
    assert frame.loc[0, "ink"] == 0.5
    assert frame.loc[0, "entropy"] == pytest.approx(entropy([0.5, 0.5], base=2))
    assert frame.loc[0, "sharpness"] == pytest.approx((0 + 8 / 3) / 2)
    assert list(frame.loc[1]) == [0, 0, 0, 0, 0]


def test_properties_do_not_depend_on_how_many_are_measured_at_once(monkeypatch):
    x = np.random.default_rng(0).random((7, 3, 4, 5)).astype(np.float32)
    whole = properties(x)
    assert whole["saturation"][0] == pytest.approx((x[0].max(0) - x[0].min(0)).mean())
    monkeypatch.setattr("xaiframe.data.pictures.features.CHUNK", 3)
    np.testing.assert_allclose(properties(x).to_numpy(), whole.to_numpy())


def test_the_histogram_of_levels_is_taken_over_the_declared_range():
    x = np.array([0.0, 15, 16, 255], dtype=np.float32).reshape(1, 1, 2, 2)
    assert properties(x, (0.0, 255.0))["entropy"][0] == pytest.approx(entropy([2, 1, 1], base=2))
