"""The order of rows in time: across splits, from dates, numbers and row numbers."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.data.order import ROW, in_time, moments
from xaiframe.data.table import Table
from xaiframe.errors import DataError, NotApplicable


def split(ids, **aside):
    ids = np.asarray(ids)
    x = ids[:, None].astype(np.float32)
    frame = pd.DataFrame({"a": ids * 1.0})
    return Split(ids, x, ids % 2, frame, pd.DataFrame(aside) if aside else None)


def data(time, *splits):
    return Data("table", "classification", *splits, ("a",), np.arange(1), ("no", "yes"), time=time)


def test_rows_of_all_splits_stand_in_the_order_of_their_dates():
    splits = (
        split([0, 1], day=["2024-03-01", "2024-01-01"]),
        split([2], day=[None]),
        split([3, 4], day=["2024-02-01", "2023-12-31"]),
    )
    order, when = in_time(data("day", *splits), ("train", "validation", "test"))

    assert order.tolist() == [4, 1, 3, 0]
    assert np.diff(when).tolist() == [1, 31, 29]


def test_row_numbers_order_what_was_shuffled_into_splits():
    splits = (split([5, 1]), split([0]), split([2]))
    order, when = in_time(data(ROW, *splits), ("train", "test"))

    assert order.tolist() == [1, 2, 0]
    assert when.tolist() == [1, 2, 5]


def test_numbers_that_are_not_finite_have_no_moment():
    one = split([0, 1, 2], hour=[3.0, np.inf, np.nan])
    assert np.isnan(moments(one, "hour")).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("time", "said"), [("", "no order in time"), ("b", "no column 'b'"), ("word", "nor dates")]
)
def test_what_has_no_order_says_so(time, said):
    with pytest.raises(NotApplicable, match=said):
        moments(split([0, 1], word=["x", "y"]), time)


@pytest.fixture
def stored(tmp_path):
    days = pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d")[::-1]
    frame = pd.DataFrame({"a": np.arange(60.0), "day": days, "label": np.arange(60) % 2})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    return str(tmp_path / "rows.csv")


def test_a_table_is_ordered_by_its_column_or_by_its_split_in_time(stored):
    named = Table(stored, "label", drop=["day"], time="day").load()
    order, _ = in_time(named, ("train", "validation", "test"))
    ids = np.concatenate([one.ids for one in named.splits.values()])

    assert ids[order].tolist() == list(range(59, -1, -1))
    assert Table(stored, "label", split="time", split_column="day").load().time == "day"
    assert Table(stored, "label", split="time").load().time == ROW
    assert Table(stored, "label").load().time == ""


def test_a_column_of_time_that_is_not_there_is_an_error(stored):
    with pytest.raises(DataError, match="week"):
        Table(stored, "label", time="week").load()
