"""The search space: reading, widening, encoding, and what is refused."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pandas as pd
import pytest

from xaiframe.errors import RecipeError
from xaiframe.tuning.space import Parameter, parameters_of

RANGE = Parameter("fit.x", "float", 0.1, 1.0)


def test_nested_and_dotted_spaces_are_the_same() -> None:
    limits = {"low": 0.1, "high": 1, "log": True}
    nested = parameters_of({"fit": {"x": limits}, "model": {"hidden": {"choices": [[8], [8, 4]]}}})
    assert nested == parameters_of({"fit.x": limits, "model.hidden": {"choices": [[8], [8, 4]]}})
    assert nested[0] == Parameter("fit.x", "float", 0.1, 1, log=True)


def test_two_whole_ends_make_whole_numbers() -> None:
    kinds = [
        one.kind
        for one in parameters_of({"a": {"low": 1, "high": 9}, "b": {"low": 1, "high": 9.0}})
    ]
    assert kinds == ["int", "float"]


@pytest.mark.parametrize("choice", [[64, 32], "relu", 3, None, True])
def test_a_choice_survives_encoding(choice: Any) -> None:
    one = Parameter("m", "choice", choices=(choice,))
    assert one.decode(one.encode(choice)) == choice
    assert one.labels == [one.encode(choice)]


def test_the_space_is_widened_to_hold_the_current_setting() -> None:
    assert RANGE.holding(0.5) == RANGE
    assert (RANGE.holding(3.0).high, RANGE.holding(0.01).low) == (3.0, 0.01)
    assert Parameter("m", "choice", choices=(1,)).holding((8, 4)).choices == (1, [8, 4])
    assert Parameter("m", "int", 0, 3).holding(0.5).kind == "float"
    assert Parameter("m", "float", 0, 1, step=0.1).holding(0.3).high == 1


@pytest.mark.parametrize(
    ("one", "value"),
    [(Parameter("m", "float", 0.1, 1, log=True), 0.0), (RANGE, [8]), (RANGE, "x"),
     (Parameter("m", "float", 0, 1, step=0.1), 0.25)],
)  # fmt: skip
def test_what_no_widening_can_hold_is_refused(one: Parameter, value: Any) -> None:
    with pytest.raises(RecipeError, match="the current"):
        one.holding(value)


@pytest.mark.parametrize(
    "limits",
    [3, {"low": 2, "high": 1}, {"low": 0, "high": 1, "log": True}, {"low": 1}, {"choices": []},
     {"choices": 3}, {"low": 1, "high": "x"}, {"low": 1, "high": 2, "lgo": True},
     {"low": 1, "high": 8, "log": True, "step": 1}],
)  # fmt: skip
def test_every_unsound_range_is_named(limits: Any) -> None:
    with pytest.raises(RecipeError) as caught:
        parameters_of({"fit": {"x": limits}, "model.y": limits})
    assert [one.place.rsplit(".", 1)[-1] for one in caught.value.problems] == ["x", "y"]


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ((1, 2.5), [1, 2.5]),
        (("relu", "tanh"), ["relu", "tanh"]),
        ((True, False), [True, False]),
        (([8], [16, 8]), ["[8]", "[16, 8]"]),
        ((None, 3, 8), ["null", "3", "8"]),
        (("sqrt", 0.3, 1), ["sqrt", "0.3", "1"]),
    ],
)
def test_a_column_of_settings_holds_one_kind_and_is_read_back(choices, told):
    one = Parameter("x", "choice", choices=choices)
    assert [one.told(value) for value in choices] == told
    assert [one.read(value) for value in told] == list(choices)
    pd.DataFrame({"x": told}).to_parquet(BytesIO())


def test_what_widened_a_range_is_read_back_by_the_one_that_was_not():
    one = Parameter("x", "choice", choices=(0.3, 0.6))
    wide = one.holding("sqrt")
    assert [one.read(wide.told(value)) for value in (0.3, "sqrt")] == [0.3, "sqrt"]
    assert Parameter("n", "int", 1, 9).read(3) == 3
