"""Window: the latest rows by dates or numbers, whatever the order of the rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.repair.augment import Augment
from xaiframe.repair.window import Window


@pytest.fixture
def dated(table):
    order = np.random.default_rng(0).permutation(200)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(order, unit="D")
    frame = pd.DataFrame({"when": days.strftime("%Y-%m-%d"), "turn": order, "a": 1.0 * order})
    return table(frame, order % 2)


@pytest.mark.parametrize("column", ["when", "turn"])
def test_the_latest_half_stays(dated, column):
    made = Window(0.5, column=column)(dated.train, dated, {}, 0)
    turns = dated.train.frame["turn"]
    assert sorted(made.train.frame["turn"]) == sorted(turns)[60:]


def test_so_many_rows_and_those_of_the_same_moment(dated):
    made = Window(rows=30, column="turn")(dated.train, dated, {}, 0)
    assert len(made.train) == 30
    same = dated.train.frame.assign(turn=dated.train.frame["turn"] // 10)
    coarse = replace(dated.train, frame=same)
    kept = Window(rows=30, column="turn")(coarse, dated, {}, 0).train
    least = kept.frame["turn"].min()
    assert (kept.frame["turn"] == least).sum() == (same["turn"] == least).sum()


def test_the_datas_own_order_is_taken_and_copies_are_not_recent(dated):
    data = replace(dated, time="row number")
    made = Window(0.25)(data.train, data, {}, 0)
    assert made.train.ids.tolist() == list(range(90, 120))
    more = Augment()(data.train, data, {}, 0).train
    assert Window(0.125)(more, data, {}, 0).train.ids.tolist() == list(range(90, 120))
    named = replace(dated, time="turn")
    one = Window(0.5)(named.train, named, {}, 0).train
    other = Window(0.5, column="when")(dated.train, dated, {}, 0).train
    np.testing.assert_array_equal(one.ids, other.ids)


def test_without_time_or_rows_it_does_not_apply(dated):
    with pytest.raises(NotApplicable, match="no column 'hour'"):
        Window(column="hour")(dated.train, dated, {}, 0)
    with pytest.raises(NotApplicable, match="no order in time"):
        Window()(dated.train, dated, {}, 0)
    with pytest.raises(NotApplicable, match="at least 20"):
        Window(rows=5, column="turn")(dated.train, dated, {}, 0)


def test_a_class_that_ended_before_the_window_is_not_forgotten(table):
    data = table(pd.DataFrame({"turn": np.arange(200)}), np.arange(200) % 200 < 40)
    with pytest.raises(NotApplicable, match="class would have no rows"):
        Window(column="turn")(data.train, data, {}, 0)


def test_rows_without_a_date_are_not_recent(table, value):
    frame = pd.DataFrame({"turn": np.arange(200.0), "a": 1.0})
    frame.loc[::4, "turn"] = np.nan
    data = table(frame, np.arange(200) % 3 == 0)
    made = Window(column="turn")(data.train, data, {}, 0)
    assert value(made, "undated_rows") == 30
    assert made.train.frame["turn"].notna().all()


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match="share"):
        Window(0.0)
    with pytest.raises(ValueError, match="rows"):
        Window(rows=-1)
