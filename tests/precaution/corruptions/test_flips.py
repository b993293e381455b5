"""Flips: scores are scikit-learn's; another answer is another class, or one that moved enough."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score

from xaiframe.precaution.corruptions.changes import told
from xaiframe.precaution.corruptions.flips import another, score_fact


@pytest.fixture
def line(table):
    frame = pd.DataFrame({"a": np.arange(100.0), "b": np.arange(100.0) % 7})
    return table(frame, np.arange(100).astype(np.float32), "regression")


def test_scores_are_scikit_learns(table, noise, line):
    random = np.random.default_rng(0)
    data = table(*noise(200))
    guess = random.integers(0, 2, len(data.test))
    fact = score_fact("score", data, data.test.y, guess, 0)
    assert fact.value == pytest.approx(accuracy_score(data.test.y, guess))
    assert fact.interval[0] < fact.value < fact.interval[1]

    near = line.test.y + random.normal(0, 3, len(line.test))
    fact = score_fact("score", line, line.test.y, near, 0)
    assert fact.value == pytest.approx(r2_score(line.test.y, near))
    assert fact.interval[0] < fact.value < fact.interval[1]


def test_a_constant_target_has_no_score(line):
    fact = score_fact("score", line, np.ones(20, np.float32), np.arange(20.0), 0)
    assert fact.value is None
    assert "constant" in fact.reason


def test_a_value_is_another_one_when_it_moves_by_a_tenth_of_the_targets_spread(line):
    step = 0.1 * line.train.y.std()
    before = np.zeros(3)
    after = np.array([0.99, 1.01, -1.01]) * step
    np.testing.assert_array_equal(another(line, before, after), [False, True, True])


def test_the_largest_changes_of_a_row_are_told_first(line):
    before = line.test.x[0]
    after = before + np.array([20.0, 0.5], np.float32)
    assert told(line, before, after) == "a 75 → 95; b 5 → 5.5"
    assert told(line, before, before) == ""
