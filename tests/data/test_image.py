import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.datasets import load_digits

from xaiframe.data.image import Images, patches, properties
from xaiframe.errors import DataError


def test_digits_come_as_they_are_with_their_labels():
    data = Images("builtin:digits").load()
    loaded = load_digits()
    for split in data.splits.values():
        np.testing.assert_array_equal(split.x[:, 0], loaded.images[split.ids])
        np.testing.assert_array_equal(split.y, loaded.target[split.ids])
    assert data.input_shape == (1, 8, 8)
    assert len(data.features) == 16


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


def test_an_unknown_source_is_refused():
    with pytest.raises(DataError, match="builtin:digits"):
        Images("builtin:cats").load()


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
