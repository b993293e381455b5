"""What a shift is expected to cost, where the loss under the shifted law is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from xaiframe.model.face import BlackBox
from xaiframe.precaution.drift.expected import expected_loss

NAMES = ("validation", "test")
N = 8000


def answers(x):
    """Always class 0, or for numbers always 0."""
    return np.tile([1.0, 0.0], (len(x), 1))


MODEL = BlackBox(answers, "classification", ("c0", "c1"))


def shifted(table, by, edge=1.0):
    """One Gaussian column, moved in the test rows; class 1 where it is above ``edge``."""
    random = np.random.default_rng(3)
    a = random.normal(size=N) + by * (np.arange(N) >= 0.75 * N)
    return table(pd.DataFrame({"a": a}), (a > edge).astype(np.int64))


def test_it_is_the_difference_of_two_known_scores(table):
    fact = expected_loss(shifted(table, 0.8), MODEL, NAMES, 5, 0)
    wanted = norm.cdf(1.0) - norm.cdf(1.0 - 0.8)
    assert fact.value == pytest.approx(wanted, abs=0.06)
    assert fact.interval[0] < wanted < fact.interval[1]


def test_a_shift_towards_what_is_easy_costs_nothing(table):
    fact = expected_loss(shifted(table, -0.8), MODEL, NAMES, 5, 0)
    assert fact.value == pytest.approx(norm.cdf(1.0) - norm.cdf(1.8), abs=0.04)
    assert fact.interval[1] < 0


def test_labels_of_the_later_split_are_never_read(table):
    data = shifted(table, 0.8)
    blind = replace(data, test=replace(data.test, y=None))
    one, other = (expected_loss(d, MODEL, NAMES, 5, 0) for d in (data, blind))
    assert (one.value, one.interval) == (other.value, other.interval)


def test_numbers_lose_what_the_error_grows_by(table):
    """y is a; the model says 0, so that the squared error is a²: 1 here, 1 + by² there."""
    random = np.random.default_rng(4)
    a = random.normal(size=N) + 0.6 * (np.arange(N) >= 0.75 * N)
    data = table(pd.DataFrame({"a": a}), a, task="regression")
    model = BlackBox(lambda x: np.zeros((len(x), 1)), "regression", ())
    assert expected_loss(data, model, NAMES, 5, 0).value == pytest.approx(0.36, abs=0.12)


@pytest.mark.parametrize(
    ("by", "n", "said"),
    [(0.0, N, "look like"), (0.8, 120, "fewer than"), (4.5, 480, "count as")],
)
def test_where_it_cannot_be_told_it_says_why(table, by, n, said):
    data = shifted(table, by)
    rows = {name: split.take(np.arange(min(len(split), n // 4))) for name, split in
            data.splits.items()}  # fmt: skip
    fact = expected_loss(replace(data, **rows), MODEL, NAMES, 5, 0)
    assert fact.value is None
    assert said in fact.reason
