"""The common face: digests that notice every change, spreads that compare."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.encoding import Identity, Regions
from xaiframe.data.face import Data, Split


def data(modality="series", shape=(2, 6), n=12):
    x = np.random.default_rng(3).normal(size=(n, *shape)).astype(np.float32)
    x[:, 0] *= 100
    frame = pd.DataFrame({"mean": x.reshape(n, -1).mean(axis=1)})
    split = Split(np.arange(n), x, np.arange(n) % 2, frame, pd.DataFrame({"sex": ["f", "m"] * 6}))
    mask = np.arange(np.prod(shape)).reshape(shape) // 3
    names = tuple(f"part {k}" for k in range(int(mask.max()) + 1))
    return Data(modality, "classification", split, split, split, names, mask, ("a", "b"))


def test_series_are_scaled_by_channel():
    made = data()
    expected = made.train.x.std(axis=(0, 2))
    np.testing.assert_allclose(made.scale, np.repeat(expected[:, None], 6, axis=1), rtol=1e-5)
    np.testing.assert_allclose(made.extent[:, 0], np.ptp(made.train.x, axis=(0, 2)), rtol=1e-5)


def test_pictures_are_scaled_as_a_whole_and_columns_each():
    image, table = data("image"), data("table", (4,))
    assert np.unique(image.scale).size == 1
    assert image.scale[0, 0] == pytest.approx(image.train.x.std(), rel=1e-5)
    np.testing.assert_allclose(table.scale, table.train.x.std(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {"x": s.x + 1},
        lambda s: {"frame": s.frame + 1},
        lambda s: {"frame": s.frame.rename(columns={"mean": "other"})},
        lambda s: {"aside": s.aside.replace("f", "x")},
        lambda s: {"original": np.array(["a"] * len(s), dtype=object)},
        lambda s: {"mask": np.zeros(s.x.shape, dtype=int)},
    ],
)
def test_the_digest_notices_every_change(change):
    made = data()
    changed = replace(made, test=replace(made.test, **change(made.test)))
    assert changed.digest != made.digest
    assert data().digest == made.digest


def test_taking_rows_takes_everything_along():
    made = data().train
    full = replace(made, original=np.array(list("abcdefghijkl"), dtype=object), mask=made.x.copy())
    part = full.take(np.array([3, 1]))
    assert list(part.original) == ["d", "b"]
    assert part.column("sex").tolist() == ["m", "m"]
    assert part.column("nothing") is None
    np.testing.assert_array_equal(part.mask, made.x[[3, 1]])


def test_the_value_of_a_region_is_its_mean():
    made = data()
    encoding = Regions(made.feature_mask)
    values = encoding.values(made.train.x)
    np.testing.assert_allclose(values[:, 1], made.train.x[:, 0, 3:].mean(axis=1), rtol=1e-6)
    again = encoding.elements(values).reshape(made.train.x.shape)
    np.testing.assert_allclose(encoding.values(again), values, rtol=1e-5)
    x = np.ones((2, 3), dtype=np.float32)
    assert Identity().raw(x) is x
