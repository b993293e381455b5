"""Row numbers that tell the target and test rows from before are found; sound data have neither."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

from xaiframe.data.face import Data, Split
from xaiframe.precaution.relation.leaks import (
    date_leakage,
    explained,
    index_leakage,
    ranges,
    spread_out,
)

N = 400


def drawn(frame, y, task="classification", seed=0, time=""):
    """A table whose rows are split at random, or as they stand where ``time`` orders them."""
    order = np.arange(N) if time else np.random.default_rng(seed).permutation(N)
    parts = zip(("train", "validation", "test"), np.split(order, [240, 300]), strict=True)
    splits = {
        name: Split(
            rows, np.zeros((len(rows), 1)), y[rows], frame.iloc[rows].reset_index(drop=True)
        )
        for name, rows in parts
    }
    classes = ("c0", "c1") if task == "classification" else ()
    return Data("table", task, **splits, features=("a",), feature_mask=np.arange(1),
                classes=classes, time=time)  # fmt: skip


def failed(data, seed=0):
    found, null, _ = index_leakage(data, seed)
    return found.value is not None and found.value > null.value


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_sorted_file_whose_number_is_a_feature_leaks(task):
    y = np.sort(np.random.default_rng(0).integers(0, 2 if task == "classification" else 99, N))
    named = pd.DataFrame({"id": np.arange(N) + 1000, "a": np.random.default_rng(1).normal(size=N)})
    assert failed(drawn(named, y, task))
    hidden = index_leakage(drawn(named[["a"]], y, task), 0)
    assert [fact.value for fact in hidden] == [None, None, 0]
    assert hidden[0].reason == "no feature names the row"


def test_a_number_that_says_nothing_seldom_leaks():
    frame = pd.DataFrame({"id": np.arange(N)})
    alarms = 0
    for seed in range(40):
        y = np.random.default_rng(seed).integers(0, 2, N)
        alarms += failed(drawn(frame, y, seed=seed), seed)
    assert alarms <= 2


def test_what_orders_the_rows_in_time_is_no_identifier():
    frame = pd.DataFrame({"hour": np.arange(N)})
    found, *_ = index_leakage(drawn(frame, np.sort(np.arange(N) % 2), time="hour"), 0)
    assert found.value is None


def test_a_target_that_never_changes_is_not_judged():
    frame = pd.DataFrame({"id": np.arange(N)})
    found, *_ = index_leakage(drawn(frame, np.zeros(N, dtype=int)), 0)
    assert found.value is None
    assert found.reason == "the target never changes"


def test_explained_is_the_coefficient_of_determination_of_the_means():
    random = np.random.default_rng(0)
    y, cut = random.normal(size=200), ranges(1 + random.permutation(200))
    levels = spread_out(y, "regression")
    tree = DecisionTreeRegressor().fit(cut[:, None], levels[:, 0])
    expected = r2_score(levels[:, 0], tree.predict(cut[:, None]))
    assert explained(cut, levels) == pytest.approx(expected)
    assert np.bincount(cut).tolist() == [10] * 20


def test_test_rows_from_before_are_counted():
    days, y = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=N)}), np.arange(N) % 2
    assert [one.value for one in date_leakage(drawn(days, y, time="day"))] == [0, True]
    days.loc[300:309, "day"] = pd.Timestamp("2024-02-01")
    found, _ = date_leakage(drawn(days, y, time="day"))
    assert found.value == 0.1
    assert found.n == 100
    assert found.interval[0] < 0.1 < found.interval[1]


def test_dates_of_a_random_split_are_not_judged():
    days, y = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=N)}), np.arange(N) % 2
    assert "no order" in date_leakage(drawn(days, y))[0].reason
    mixed = days.sample(frac=1, random_state=0).reset_index(drop=True)
    share, in_time = date_leakage(drawn(mixed, y, time="day"))
    assert "not in time" in share.reason
    assert in_time.value is False
    assert "has a date" in date_leakage(drawn(days.assign(day=pd.NaT), y, time="day"))[0].reason
