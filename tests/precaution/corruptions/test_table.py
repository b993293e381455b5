"""Corruptions of tables: numbers jitter, levels never; cells go missing as the encoding has it."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.data.tables.column import Categorical, Numeric
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.precaution.corruptions.table import CORRUPTIONS, jitter, missing, swap

FEATURES = ("length", "town", "rooms", "width")


def random():
    return np.random.default_rng(1)


@pytest.fixture
def flats():
    """A number with gaps, a level, a whole number, a number without gaps."""
    source = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "length": np.where(source.random(300) < 0.1, np.nan, source.normal(10, 2, 300)),
            "town": source.choice(["Aarau", "Bern", "Chur"], 300),
            "rooms": source.integers(1, 40, 300),
            "width": source.normal(5, 1, 300).round(3),
        }
    )
    columns = [
        Numeric.fit("length", frame["length"], False),
        Categorical.fit("town", frame["town"], 30),
        Numeric.fit("rooms", frame["rooms"], True),
        Numeric.fit("width", frame["width"], False),
    ]
    encoding = TableEncoding(columns)
    split = Split(np.arange(300), encoding.encode(frame), np.arange(300) % 2, frame)
    return Data("table", "classification", split, split, split, FEATURES,
                encoding.feature_mask, ("c0", "c1"), encoding=encoding)  # fmt: skip


def test_jitter_has_the_stated_spread_and_leaves_levels_and_gaps(flats):
    before = flats.encoding.values(flats.test.x)
    after = flats.encoding.values(jitter(flats, flats.test, 0.1, random()))
    moved = np.nanstd(after - before, axis=0) / np.nanstd(before, axis=0)

    np.testing.assert_allclose(moved[[0, 2, 3]], 0.1, rtol=0.15)
    np.testing.assert_array_equal(after[:, 1], before[:, 1])
    np.testing.assert_array_equal(np.isnan(after), np.isnan(before))
    np.testing.assert_array_equal(after[:, 2], np.round(after[:, 2]))
    assert np.nanmax(after[:, 0]) <= np.nanmax(before[:, 0])


def test_a_missing_cell_is_what_the_encoding_makes_of_it(flats):
    found = missing(flats, flats.test, 0.0, random())
    raw = flats.encoding.raw(found)
    new = raw["length"].isna() & flats.test.frame["length"].notna()

    assert 0.15 < new.mean() < 0.3  # one of four cells of each row
    assert (found[new, 0] == flats.encoding.columns[0].fill).all()
    changed = (found != flats.test.x).any(axis=1)
    assert changed.mean() > 0.9


def test_cells_come_from_the_same_column(flats):
    before = flats.encoding.values(flats.test.x)
    after = flats.encoding.values(swap(flats, flats.test, 0.5, random()))

    for column in range(4):
        assert set(after[:, column][~np.isnan(after[:, column])]) <= set(before[:, column])
    same = (after == before) | (np.isnan(after) & np.isnan(before))
    assert (~same).sum(axis=1).max() == 2


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.name)
def test_columns_that_never_change_or_are_empty_make_no_nan(table, corruption):
    frame = pd.DataFrame({"constant": [1.0] * 40, "empty": [np.nan] * 40, "a": np.arange(40.0)})
    data = table(frame, np.arange(40) % 2)

    for amount in corruption.amounts:
        found = corruption.apply(data, data.test, amount, random())
        assert np.isfinite(found).all()
        assert (found[:, 0] == 1).all()
