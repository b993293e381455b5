"""Chance explains the equal rows of a coarse table, and not the copies of a fine one."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.consistency import Consistency
from xaiframe.precaution.resemblance.coincidence import null_shares
from xaiframe.precaution.resemblance.twins import fingerprints


def nulls(data, seed=0):
    return null_shares(data, {k: fingerprints(s, data) for k, s in data.splits.items()}, seed)


def test_independent_coarse_rows_stay_below_their_bound(table, value):
    alarms = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        frame = pd.DataFrame(random.integers(0, 9, (600, 4)), columns=list("abcd"))
        frame["a"] = frame["b"] // 2
        outcome = Consistency(sample=2)(table(frame, random.integers(0, 2, 600)), seed)
        alarms += any(
            value(outcome, name).value > value(outcome, f"{name}_null95").value
            for name in ("duplicate_share", "leakage_share", "conflicting_share")
        )
    assert alarms <= 1


def test_expected_repeats_of_equal_chances(table):
    # n draws of k equally likely combinations leave k(1 − (1 − 1/k)ⁿ) different ones
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.integers(0, 20, (2000, 2)), columns=["a", "b"])
    n, k = 1200, 400
    expected = 1 - k * (1 - (1 - 1 / k) ** n) / n
    bound = nulls(table(frame, random.integers(0, 2, 2000)))["duplicate_share"]
    assert bound == pytest.approx(1.25 * expected, rel=0.05)


def test_copies_in_fine_columns_do_not_explain_themselves(table, noise):
    frame, y = noise(600)
    frame.loc[500:530] = frame.loc[0:30].to_numpy()
    frame.loc[100:150] = frame.loc[0:0].to_numpy()
    assert set(nulls(table(frame, y)).values()) == {0.0}


def test_hostile_columns_and_pictures(table, pictures, hostile):
    y = np.arange(120) % 2
    for data in (table(hostile, y), pictures(np.ones((120, 1, 4, 4)), y)):
        assert all(0 <= one <= 1 for one in nulls(data).values())
    assert set(nulls(pictures(np.ones((120, 1, 4, 4)), y)).values()) == {0.0}
