"""Splits by group and time against what they promise, row by row."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from xaiframe.data.split import NAMES, Splitting, leaking
from xaiframe.errors import DataError


def everything(positions):
    return np.sort(np.concatenate([positions[name] for name in NAMES]))


def test_a_random_draw_is_stratified_and_takes_every_row_once():
    y = np.repeat([0, 1], [90, 10])
    made = Splitting(test=0.3, validation=0.2, seed=4).positions(y)
    np.testing.assert_array_equal(everything(made), np.arange(100))
    np.testing.assert_allclose([len(made[name]) for name in NAMES], [50, 20, 30], atol=1)
    assert [int(y[made[name]].sum()) for name in NAMES] == [5, 2, 3]
    _, test = train_test_split(np.arange(100), test_size=0.3, random_state=4, stratify=y)
    np.testing.assert_array_equal(made["test"], np.sort(test))


def test_rows_of_one_group_stay_together():
    groups = pd.Series(np.random.default_rng(0).integers(0, 40, 400)).map("g{}".format)
    made = Splitting("group", "g").positions(np.zeros(400), groups)
    np.testing.assert_array_equal(everything(made), np.arange(400))
    sets = [set(groups.iloc[made[name]]) for name in NAMES]
    assert sum(map(len, sets)) == len(set.union(*sets)) == groups.nunique()


def test_the_latest_rows_test_and_a_gap_lies_between():
    times = pd.Series(pd.date_range("2024-01-01", periods=100)).sample(frac=1, random_state=1)
    times = times.reset_index(drop=True)
    made = Splitting("time", "t", test=0.2, validation=0.1, gap=3).positions(np.zeros(100), times)
    last, first = times.iloc[made["train"]].max(), times.iloc[made["validation"]].min()
    assert (first - last).days == 4
    assert times.iloc[made["test"]].min() - times.iloc[made["validation"]].max() == pd.Timedelta(
        4, "D"
    )
    assert len(made["test"]) == 17


def test_given_splits_are_taken_and_validation_is_drawn_where_it_lacks():
    column = pd.Series(["Train", "test", "training", "TEST", *["train"] * 6])
    made = Splitting("given", "part").positions(np.zeros(10), column)
    np.testing.assert_array_equal(made["test"], [1, 3])
    np.testing.assert_array_equal(
        np.sort([*made["train"], *made["validation"]]), [0, 2, 4, 5, 6, 7, 8, 9]
    )
    assert len(made["validation"]) == 2


@pytest.mark.parametrize(
    ("make", "column", "said"),
    [
        (lambda: Splitting("weekly"), None, "'weekly' is no way to split"),
        (lambda: Splitting("group"), None, "group needs a column"),
        (lambda: Splitting(test=0.7, validation=0.4), None, "leave a split empty"),
        (lambda: Splitting("given", "p"), ["train", "tst"], "row 2: 'tst' names no split"),
        (lambda: Splitting("given", "p"), ["train", "train"], "leaves test empty"),
        (lambda: Splitting("group", "g"), ["a", "b"], "2 groups cannot fill three splits"),
        (lambda: Splitting("time", "t"), ["2024", None], "no time in row 2"),
    ],
)
def test_what_cannot_be_split_says_why(make, column, said):
    with pytest.raises(DataError, match=said):
        make().positions(np.zeros(2), pd.Series(column))


def test_ids_in_two_splits_are_named():
    ids = pd.Series(["a", "b", "a", "c", "b", "d"])
    positions = {"train": np.array([0, 1]), "validation": np.array([3, 4]), "test": np.array([2])}
    assert leaking(ids, positions) == [("a", "train", "test"), ("b", "train", "validation")]
