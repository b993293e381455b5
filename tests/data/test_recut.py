"""Data in other features are those that were read with them, and the model sees the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.image import Images
from xaiframe.data.pictures.features import finest
from xaiframe.data.series import Series
from xaiframe.data.table import Table
from xaiframe.errors import DataError

SERIES = {"target": "kind", "channels": {"a": "a", "b": "b"}, "units": {"a": "mV"}}


@pytest.fixture
def series(tmp_path) -> str:
    values = np.random.default_rng(0).normal(size=(40, 24)).round(3)
    columns = [f"{name}{k}" for name in "ab" for k in range(12)]
    frame = pd.DataFrame(values, columns=columns).assign(kind=["up", "down"] * 20)
    frame.to_csv(tmp_path / "s.csv", index=False)
    return str(tmp_path / "s.csv")


@pytest.mark.parametrize(
    "settings",
    [{"patch": 4}, {"patch": 3}, {"features": "superpixels", "superpixels": 9}],
)
def test_pictures_recut_are_pictures_read_so(settings):
    module = Images("builtin:digits")
    found, read = module.recut(settings), Images("builtin:digits", **settings).data
    assert found.digest == read.digest
    assert found.aligned == read.aligned
    assert found.test.x is module.data.test.x
    shown = (one.encoding.tables(one.test)["originals"] for one in (found, read))
    assert next(shown).equals(next(shown))


def test_superpixels_recut_to_patches_have_no_features_of_their_own():
    module = Images("builtin:digits", features="superpixels")
    found = module.recut({"features": "patches", "patch": 2})
    assert found.digest == Images("builtin:digits").data.digest
    assert found.test.mask is None


def test_series_recut_are_series_read_so(series):
    module = Series(series, segments=4, **SERIES)
    found, read = module.recut({"segments": 6}), Series(series, segments=6, **SERIES).data
    assert found.digest == read.digest
    assert found.units == read.units
    assert found.encoding.tables(found.test)["segments"].equals(
        read.encoding.tables(read.test)["segments"]
    )


def test_cells_are_as_fine_as_they_may_be(series):
    assert len(Images("builtin:digits").cells(1024).features) == 64
    assert len(Images("builtin:digits").cells(20).features) == 16
    assert len(Series(series, segments=4, **SERIES).cells(1024).features) == 24
    assert len(Series(series, segments=4, **SERIES).cells(9).features) == 8
    assert [finest((3, 224, 200), most) for most in (1024, 10**5, 1)] == [7, 1, 224]


def test_features_that_do_not_fit_are_refused(series):
    with pytest.raises(DataError, match="a patch of 9 does not fit"):
        Images("builtin:digits").recut({"patch": 9})
    with pytest.raises(DataError, match="1 superpixels do not fit"):
        Images("builtin:digits").recut({"features": "superpixels", "superpixels": 1})
    with pytest.raises(DataError, match="0 segments are none"):
        Series(series, segments=4, **SERIES).recut({"segments": 0})
    with pytest.raises(DataError, match="table data have no finer ones to cut by"):
        Table("x.csv", "y").cells(9)
