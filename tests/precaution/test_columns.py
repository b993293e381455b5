"""How frames are read: kinds, numbers, codes, samples."""

import numpy as np
import pandas as pd

from xaiframe.precaution.columns import codes, distinct, encode, kind, missing, numbers, sample


def test_kinds_of_columns(hostile):
    numeric = {name for name in hostile if kind(hostile[name]) == "numeric"}

    assert numeric == {
        "constant", "empty", "rare", "infinite", "nullable", "date", "normal",
    }  # fmt: skip


def test_dates_become_days_and_infinity_missing():
    days = numbers(pd.Series(pd.to_datetime(["1970-01-03 00:00", None, "1970-01-01 12:00"])))

    np.testing.assert_array_equal(days, [2.0, np.nan, 0.5])
    assert np.isnan(numbers(pd.Series([np.inf]))[0])
    assert missing(pd.DataFrame({"a": [np.inf, 1.0], "b": [None, "x"]})).to_numpy().tolist() == [
        [True, True],
        [False, False],
    ]


def test_codes_go_by_frequency_and_rare_levels_share_one():
    column = pd.Series(["b", "b", "b", "a", "a", "c", "d"])

    np.testing.assert_array_equal(codes(column), [0, 0, 0, 1, 1, 2, 3])
    np.testing.assert_array_equal(codes(column, levels=1), [0, 0, 0, 1, 1, 1, 1])
    assert codes(column[::-1])[::-1].tolist() == codes(column).tolist()


def test_distinct_counts_values_not_gaps(hostile):
    assert [distinct(hostile[n]) for n in ("constant", "empty", "nothing", "rare", "id")] == [
        1, 0, 0, 2, 120,
    ]  # fmt: skip
    assert encode(hostile).shape == (120, 12)


def test_sample_is_bounded_sorted_and_repeatable():
    assert sample(5, 10, 0).tolist() == [0, 1, 2, 3, 4]
    chosen = sample(1000, 50, 1)
    assert len(set(chosen)) == 50
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(chosen, sample(1000, 50, 1))
