import numpy as np
import pandas as pd
import pytest

from xaiframe.data.tables.filter import kept
from xaiframe.errors import DataError

FRAME = pd.DataFrame(
    {
        "age": [10, 20, 30, np.nan, 50],
        "degree": ["F", "M", "O", None, "F"],
        "day": pd.to_datetime(["2020-01-01", "2020-06-01", None, "2021-01-01", "2022-01-01"]),
        "held": [True, False, True, False, True],
    }
)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ({"column": "age", "between": [20, 50]}, [1, 2, 4]),
        ({"column": "age", "above": 20}, [2, 4]),
        ({"column": "age", "at_least": 20, "below": 50}, [1, 2]),
        ({"column": "age", "at_most": 10}, [0]),
        ({"column": "age", "missing": True}, [3]),
        ({"column": "degree", "missing": False}, [0, 1, 2, 4]),
        ({"column": "degree", "not": "O"}, [0, 1, 4]),
        ({"column": "degree", "not": ["O", "M"]}, [0, 4]),
        ({"column": "degree", "in": ["M", "O"]}, [1, 2]),
        ({"column": "age", "is": 30}, [2]),
        ({"column": "held", "is": True}, [0, 2, 4]),
        ({"column": "day", "above": "2020-03-01"}, [1, 3, 4]),
        ({"column": "day", "between": ["2020-01-01", "2021-01-01"]}, [0, 1, 3]),
    ],
)
def test_a_condition_keeps_the_rows_it_names(condition, rows):
    assert np.flatnonzero(kept(FRAME, [condition])).tolist() == rows


def test_conditions_hold_together():
    both = [{"column": "age", "above": 15}, {"column": "degree", "not": "O"}]
    assert np.flatnonzero(kept(FRAME, both)).tolist() == [1, 4]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"column": "height", "is": 1}, "no column 'height'"),
        ({"column": "age"}, "says nothing"),
        ({"age": "> 3"}, "'age'"),
        ({"column": "age", "query": "age > 3"}, "'query'"),
        ({"column": "age", "above": "twenty"}, "'twenty' is not a number"),
        ({"column": "degree", "above": "F"}, "has no order"),
        ({"column": "age", "between": 3}, "two ends"),
        ({"column": "age", "missing": "yes"}, "true or false"),
    ],
)
def test_a_condition_that_says_nothing_is_refused(condition, expected):
    with pytest.raises(DataError, match="filter") as caught:
        kept(FRAME, [{"column": "age", "above": 1}, condition])
    [problem] = caught.value.problems
    assert problem.place == "data.filter[1]"
    assert expected in problem.message


def test_proPublicas_filter_leaves_its_6172_rows(compas):  # noqa: N802
    conditions = [
        {"column": "days_b_screening_arrest", "between": [-30, 30]},
        {"column": "is_recid", "not": -1},
        {"column": "c_charge_degree", "not": "O"},
        {"column": "score_text", "not": "N/A"},
    ]
    assert kept(compas, conditions).sum() == 6172


@pytest.fixture
def compas(shared_data):
    return pd.read_csv(shared_data("compas/compas-scores-two-years.csv"))
