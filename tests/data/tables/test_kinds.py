import datetime as dt

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.tables.csv import Format
from xaiframe.data.tables.kinds import Kinds
from xaiframe.data.tables.reading import Reading
from xaiframe.precaution.columns import kind as column_kind

N = 40


def read(column, declared=None, dates=None, form=Format()):  # noqa: B008
    reading = Reading(pd.DataFrame({"c": column}), names=["t.csv"])
    typed = Kinds(declared or {}, dates or {}, form).read(reading, ["c"])
    return typed, reading.frame["c"]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([1.5, None] * 20, "numeric"),
        ([1, 2] * 20, "numeric"),
        (["red", "blue"] * 20, "categorical"),
        ([True, False] * 20, "boolean"),
        ([True, None] * 19 + [False, True], "boolean"),
        (["2020-01-05", "2021-02-03T10:30:00"] * 20, "date"),
        (pd.Categorical(["lo", "hi"] * 20, ["lo", "hi"], ordered=True), "ordinal"),
        (pd.Categorical(["lo", "hi"] * 20), "categorical"),
        (pd.date_range("2020-01-01", periods=N, tz="Asia/Seoul"), "date"),
        ([dt.datetime(2020, 1, 1), None] * 20, "date"),
    ],
)
def test_a_kind_nobody_declared_is_inferred_and_said_to_be(column, kind):
    typed, _ = read(column)
    assert typed.problems == []
    assert typed.kinds == {"c": kind}
    assert typed.inferred == ["c"]


def test_a_zone_is_taken_to_utc():
    _, cells = read(pd.date_range("2020-01-01 09:00", periods=N, tz="Asia/Seoul"))
    assert cells[0] == pd.Timestamp("2020-01-01 00:00")


def test_declared_dates_are_read_as_they_are_written():
    typed, cells = read(["05.01.2020", "13.02.2021"] * 20, dates={"c": "%d.%m.%Y"})
    assert typed.inferred == []
    assert cells[0] == pd.Timestamp(2020, 1, 5)


def test_a_date_that_cannot_be_read_loses_its_row():
    typed, _ = read(["2020-01-05"] * 30 + ["soon"] + ["2020-13-01"])
    assert typed.problems == []
    assert sorted(typed.lost) == [30, 31]
    assert str(typed.lost[30]) == "t.csv, column 'c', row 31: 'soon' is no date (YYYY-MM-DD)"


def test_a_wrong_date_format_is_a_problem_not_damage():
    typed, _ = read(["2020-01-05"] * N, dates={"c": "%d.%m.%Y"})
    assert "row 1: '2020-01-05' is no date, nor are 39 others" in str(typed.problems[0])


def test_numbers_and_a_few_words_are_told_apart_by_row():
    typed, _ = read(["1.5"] * 30 + ["n/k"])
    [problem] = typed.problems
    assert str(problem).startswith("t.csv, column 'c', row 31: 'n/k' is not a number")
    typed, cells = read(["1.5"] * 30 + ["n/k"], {"c": "categorical"})
    assert typed.problems == []
    assert set(cells) == {"1.5", "n/k"}


def test_a_text_for_every_row_is_no_category():
    typed, _ = read([f"patient {k}" for k in range(60)])
    assert "60 different texts in 60 rows" in str(typed.problems[0])
    assert read([f"patient {k}" for k in range(60)], {"c": "categorical"})[0].problems == []


def test_declared_numbers_follow_the_formats_marks():
    _, cells = read(["1.234,5", "2,25"] * 20, {"c": "numeric"}, form=Format("", ";", ",", "."))
    np.testing.assert_array_equal(cells[:2], [1234.5, 2.25])


def test_whole_numbers_that_name_levels_are_no_quantity_to_a_check():
    for declared in ("categorical", [1, 2], "boolean"):
        _, cells = read([1, 2] * 20, {"c": declared})
        assert column_kind(cells) == "categorical"


def test_levels_that_are_whole_numbers_stay_numbers_and_codes_with_zeros_stay_text():
    assert read(["1", "10"] * 20, {"c": "categorical"})[1].tolist()[:2] == [1, 10]
    assert read(["01", "10"] * 20, {"c": "categorical"})[1].tolist()[:2] == ["01", "10"]


def test_an_ordinal_column_has_every_level_declared():
    typed, _ = read([3, 1, 2, 1] * 10, {"c": [1, 2, 3]})
    assert typed.own == {"c": (1, 2, 3)}
    typed, _ = read(["b", "a", "x", "a"] * 10, {"c": ["b", "a"]})
    assert "'x' is no level" in str(typed.problems[0])


@pytest.mark.parametrize(
    ("column", "declared", "expected"),
    [
        ([None] * N, {}, "every cell is missing"),
        ([1.0, np.inf] * 20, {}, "row 2: the value is infinite"),
        ([1.0, 1e39] * 20, {}, "row 2: the value is infinite: 1e+39"),
        (["a", "b", "c", "a"] * 10, {"c": "boolean"}, "3 values, not two"),
        ([dt.time(1, 2)] * N, {}, "holds time values"),
        (["1", "x"] * 20, {"c": "numeric"}, "row 2: 'x' is not a number"),
    ],
)
def test_what_no_model_can_take_is_a_problem(column, declared, expected):
    typed, _ = read(column, declared)
    assert expected in str(typed.problems[0])


def test_a_declaration_that_says_nothing_is_told():
    declared = {"a": "text", "b": ["only"], "c": "numeric", "d": ["x", "y"]}
    places = [one.place for one in Kinds(declared, {}, Format()).misdeclared()]
    assert places == ["data.kinds.a", "data.kinds.b"]
