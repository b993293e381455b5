"""Values that stand for missing ones are found, and usual ones are left alone."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.gaps.disguised import far, suspects

SEEDS = 20
USUAL = {
    "counts with many zeros": lambda r, n: np.where(r.random(n) < 0.6, 0, r.poisson(3, n)),
    "amounts with many zeros": lambda r, n: np.where(r.random(n) < 0.7, 0, r.exponential(4, n)),
    "years of age": lambda r, n: r.integers(18, 91, n),
    "bell": lambda r, n: r.normal(size=n),
    "heavy tails": lambda r, n: r.standard_cauchy(n),
    "rounded money": lambda r, n: np.round(r.lognormal(10, 1, n), -3),
    "marks of 1 to 5": lambda r, n: r.integers(1, 6, n),
    "minus one to one": lambda r, n: r.integers(-1, 2, n),
    "flags": lambda r, n: (r.random(n) < 0.02).astype(float),
    "shares at their limits": lambda r, n: np.clip(r.normal(0.8, 0.3, n), 0, 1),
    "cut at 72": lambda r, n: np.minimum(r.exponential(30, n).round(), 72),
}


@pytest.mark.parametrize("name", USUAL)
def test_usual_columns_are_left_alone(name):
    for seed in range(SEEDS):
        column = pd.Series(USUAL[name](np.random.default_rng(seed), 500))
        assert suspects(column) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("counts with many zeros", -1), ("counts with many zeros", 999), ("years of age", 0),
        ("years of age", -1), ("years of age", 99), ("years of age", 999), ("bell", -9),
        ("bell", -999), ("flags", 99), ("amounts with many zeros", -1), ("marks of 1 to 5", 99),
    ],
)  # fmt: skip
def test_a_code_in_a_tenth_of_the_rows_is_found(name, code):
    found = 0
    for seed in range(SEEDS):
        random = np.random.default_rng(seed)
        values = USUAL[name](random, 500).astype(float)
        if code == 0:
            values = values + 100  # a zero far below the rest, as of blood pressure
        values[random.random(500) < 0.1] = code
        found += [one.value for one in suspects(pd.Series(values))] == [f"{code}"]
    assert found >= 0.95 * SEEDS


def test_several_codes_behind_each_other_are_all_found():
    values = np.random.default_rng(0).normal(50, 10, 500)
    values[:20], values[20:60], values[60:80] = -1, -9, 999

    assert {one.value: one.rows for one in suspects(pd.Series(values))} == {
        "-9": 40, "-1": 20, "999": 20,
    }  # fmt: skip


def test_a_spike_at_the_edge_of_a_continuous_column_is_found():
    values = np.minimum(np.random.default_rng(0).normal(30, 10, 500), 42.5)
    (found,) = suspects(pd.Series(values))

    assert found.value == "42.5"
    assert found.rows == (values == 42.5).sum()


@pytest.mark.parametrize("word", ["?", " unknown ", "N/A", ""])
def test_words_for_no_value_are_found(word):
    column = pd.Series(["red", "blue", word, None, "red"] * 10)
    assert [one.rows for one in suspects(column)] == [10]


def test_words_that_may_be_values_are_left_alone():
    assert suspects(pd.Series(["none", "other", "not applicable", "no"] * 10)) == []
    assert suspects(pd.Series(["+", "-"] * 10)) == []


def test_dates_that_stand_for_none_are_found_as_dates_and_as_text():
    days = pd.Series(pd.date_range("2020-01-01", periods=200))
    days[:20] = pd.Timestamp("1900-01-01")

    assert [one.value for one in suspects(days)] == ["1900-01-01"]
    assert [one.value for one in suspects(days.astype(str))] == ["1900-01-01"]
    assert suspects(pd.Series(pd.date_range("1899-01-01", periods=800))) == []


def test_far_is_four_standard_deviations_of_a_bell():
    levels = np.sort(np.random.default_rng(0).normal(size=20_000))
    rows = np.ones(20_000)

    assert not far(levels, rows, -3.9, low=True)
    assert far(levels, rows, -4.4, low=True)
    assert far(levels, rows, 4.4, low=False)


def test_hostile_columns_end_without_a_traceback(hostile):
    for name, column in hostile.items():
        assert suspects(column) == [], name
        assert suspects(column.iloc[:1]) == []
