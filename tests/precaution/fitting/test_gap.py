"""How far the probe lags behind the fitted model, against differences counted by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from xaiframe.precaution.fitting.gap import lag


@pytest.fixture
def classes(table):
    return table(pd.DataFrame({"a": np.arange(400.0)}), np.arange(400) % 2)


def wrong(y, count):
    told = y.copy()
    told[:count] = 1 - told[:count]
    return told


def test_it_is_the_difference_of_two_accuracies(classes):
    y = classes.validation.y
    fact = lag(classes, wrong(y, 6), wrong(y, 21), 0)
    assert fact.value == pytest.approx(15 / len(y))
    assert 0 < fact.interval[0] < fact.value < fact.interval[1]


def test_equal_answers_have_no_lag_and_no_spread(classes):
    told = wrong(classes.validation.y, 9)
    fact = lag(classes, told, told, 0)
    assert (fact.value, fact.interval) == (0.0, (0.0, 0.0))


def test_a_better_probe_lags_below_nothing(classes):
    y = classes.validation.y
    assert lag(classes, wrong(y, 30), wrong(y, 5), 0).interval[1] < 0


def test_numbers_are_compared_by_what_they_explain(table):
    random = np.random.default_rng(0)
    y = random.normal(size=400)
    data = table(pd.DataFrame({"a": y}), y, task="regression")
    truth = data.validation.y
    good, poor = (truth + s * random.normal(size=len(truth)) for s in (0.1, 0.6))
    fact = lag(data, good, poor, 0)
    assert fact.value == pytest.approx(r2_score(truth, good) - r2_score(truth, poor))


def test_where_there_is_no_probe_it_says_why(classes):
    assert "train a probe" in lag(classes, classes.validation.y, None, 0).reason
    same = replace(classes.validation, y=np.zeros(len(classes.validation)))
    flat = replace(classes, task="regression", validation=same)
    assert lag(flat, same.y, same.y, 0).reason == "the target is constant"
