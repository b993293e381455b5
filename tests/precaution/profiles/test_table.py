"""What columns are: identifiers against honest numbers, types behind types, days to come."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.profiles.table import future, identifier, inferred

ROWS = np.arange(300)


def found(values, ids=ROWS):
    column = pd.Series(values)
    return identifier(column, inferred(column), ids)


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([None] * 4, "empty"),
        ([2.0] * 4, "constant"),
        ([1, 2, 3, 4], "whole number"),
        ([1.0, 2.0, np.nan, 5.0], "whole number"),
        ([1.5, 2.0, 3.0, 4.0], "number"),
        (["a", "b", "a", "b"], "yes or no"),
        (["1,5", "2.25", " 3 ", "4"], "number as text"),
        (["1", "2", "3", "1"], "category"),
        (["2024-01-01", "2024-02-01", "2024-03-05"], "date as text"),
        (["a", "b", "c"], "category"),
        (pd.date_range("2024-01-01", periods=3), "date"),
    ],
)
def test_values_say_what_a_column_is(values, what):
    assert inferred(pd.Series(values)) == what


def test_identifiers_are_found_in_any_order():
    mixed = np.random.default_rng(0).permutation(600)[:300]

    assert found([f"user {k}" for k in mixed]) == "nearly every text differs"
    assert found(mixed) == "whole numbers that hardly repeat"
    assert found([str(k) for k in mixed]) == "whole numbers that hardly repeat"
    assert found(np.sort(mixed) / 7) == "it runs with the row number"
    assert found(1000 - mixed, ids=mixed) == "it runs with the row number"


def test_honest_columns_are_not_called_identifiers():
    """Of 200 seeds and every kind of column none, also where whole numbers seldom repeat."""
    for seed in range(200):
        random = np.random.default_rng(seed)
        for values in (
            random.normal(size=300),
            random.integers(0, 50, 300),
            random.integers(0, 500, 300),
            random.integers(0, 10**6, 300),
            np.round(random.lognormal(10, 1, 300)),
            random.choice(["a", "b", "c"], 300),
        ):
            assert found(values) == ""


def test_days_to_come_are_counted_and_today_is_none():
    told = ["2026-01-30 00:00", "2026-01-31 23:00", "2026-02-01 00:00", None]
    days = pd.Series(pd.to_datetime(told))

    assert future(days, "date", date(2026, 1, 31)) == 1
    written = days.dt.strftime("%Y-%m-%d")
    assert future(written, "date as text", date(2026, 1, 31)) == 1
    assert future(pd.Series([1, 2]), "whole number", date(2026, 1, 31)) is None
