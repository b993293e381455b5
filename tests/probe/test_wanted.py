"""What counts as another answer: classes, distances and intervals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.probe.wanted import Wanted, check


def data_of(y, classes=()):
    y = np.asarray(y)
    part = Split(np.arange(len(y)), np.zeros((len(y), 2), np.float32), y, pd.DataFrame({"y": y}))
    task = "classification" if classes else "regression"
    return Data("table", task, part, part, part, ("a", "b"), np.arange(2), tuple(classes))


CLASSES = data_of([0, 1, 2, 0], ("red", "green", "blue"))
NUMBERS = data_of(np.array([0.0, 2.0, 4.0, 6.0]))
OUTPUTS = np.array([[3.0, 1.0, 0.0], [1.0, 3.0, 0.0], [1.0, 0.0, 3.5]])


def test_any_other_class_is_ahead_where_it_is_predicted():
    wanted = Wanted.of(CLASSES, "", 1.0, ())
    np.testing.assert_allclose(wanted.lead(OUTPUTS, OUTPUTS[0]), [-2, 2, 2.5])
    assert not wanted.already(OUTPUTS[0])
    assert wanted.named(OUTPUTS[2]) == "blue"
    assert wanted.said == "another class"


def test_a_declared_class_is_ahead_only_of_all_others():
    wanted = Wanted.of(CLASSES, "blue", 1.0, ())
    np.testing.assert_allclose(wanted.lead(OUTPUTS, OUTPUTS[0]), [-3, -3, 2.5])
    assert wanted.already(OUTPUTS[2])
    np.testing.assert_array_equal(
        wanted.fits(CLASSES.train.y, OUTPUTS[2], OUTPUTS[0]), [False, False, True, False]
    )


def test_a_quantity_moves_by_standard_deviations_or_into_an_interval():
    answers, now = np.array([[1.0], [4.0], [9.0]]), np.array([4.0])
    wanted = Wanted.of(NUMBERS, "", 2.0, ())
    gap = 2 * np.std([0, 2, 4, 6])
    np.testing.assert_allclose(wanted.lead(answers, now), np.abs([-3, 0, 5]) - gap)
    between = Wanted.of(NUMBERS, "", 1.0, (8, 12))
    np.testing.assert_allclose(between.lead(answers, now), [-7, -4, 1])
    assert between.said == "between 8 and 12"
    assert between.named(now) == ""
    near = replace(between, between=(3.0, 5.0))
    np.testing.assert_array_equal(near.fits(NUMBERS.train.y, now, now), [False, False, True, False])


def test_what_no_data_fit_is_refused():
    for data, into, between, told in (
        (CLASSES, "black", (), "no class is called 'black'"),
        (CLASSES, "", (0, 1), "between is for a quantity"),
        (NUMBERS, "red", (), "into is for classes"),
        (data_of(np.ones(4)), "", (), "all training targets are alike"),
    ):
        with pytest.raises(NotApplicable, match=told):
            Wanted.of(data, into, 1.0, between)
    for move, between in ((0, ()), (1, (3,)), (1, (3, 3))):
        with pytest.raises(ValueError, match="must be"):
            check(move, between)
