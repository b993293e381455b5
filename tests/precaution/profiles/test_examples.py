"""Examples: what was planted far away is extreme, the middle is typical, coverage is counted."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.profiles.examples import choose, coverage, unusual


def test_the_middle_is_typical_and_the_ends_are_extreme(table):
    frame = pd.DataFrame({"a": np.arange(101.0), "b": ["x"] * 101})
    data = table(frame, np.zeros(101), "regression")
    chosen = choose(data, 2)

    assert set(chosen.loc[chosen["kind"] == "extreme", "position"]) == {0, 59}
    assert set(chosen.loc[chosen["kind"] == "typical", "position"]) == {29, 30}
    assert unusual(data.train.frame).max() <= 1


def test_no_row_is_typical_and_extreme(table, noise):
    frame, _ = noise(10)
    chosen = choose(table(frame, np.arange(10) % 2), 5)

    assert chosen["position"].is_unique
    assert set(chosen["class"]) == {"c0", "c1"}


def test_coverage_by_hand():
    frame = pd.DataFrame(
        {"n": [0.0, 5.0, 10.0, np.nan], "c": ["a", "a", "b", None], "e": [np.nan] * 4, "k": [1] * 4}
    )
    covered = coverage(frame, np.array([0, 1])).set_index("column")["covered"]

    assert covered["n"] == 0.5
    assert covered["c"] == pytest.approx(2 / 3)
    assert np.isnan(covered["e"])
    assert covered["k"] == 1.0
