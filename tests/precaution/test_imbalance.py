"""Class imbalance against closed forms."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.precaution.imbalance import Imbalance, odds_interval


def test_counts_by_hand(table, value):
    y = np.tile([0] * 8 + [1] + [2], 40)
    outcome = Imbalance()(table(pd.DataFrame({"a": np.arange(400.0)}), y), 0)

    assert value(outcome, "ratio").value == 24 / 192
    assert value(outcome, "class_share", **{"class": "c0"}).value == 0.8
    entropy = -(0.8 * np.log(0.8) + 0.2 * np.log(0.1))
    assert value(outcome, "effective_classes").value == pytest.approx(np.exp(entropy))
    assert outcome.tables["classes"]["count"].tolist() == [192, 24, 24]


def test_equal_classes_are_all_effective(table, value):
    outcome = Imbalance()(table(pd.DataFrame({"a": np.arange(100.0)}), np.arange(100) % 4), 0)

    assert value(outcome, "effective_classes").value == pytest.approx(4)
    assert value(outcome, "ratio").value == 1


def test_one_class_and_absent_classes(table, value):
    frame, y = pd.DataFrame({"a": np.arange(50.0)}), np.zeros(50, dtype=int)

    assert value(Imbalance()(table(frame, y), 0), "ratio").reason == "there is only one class"
    absent = Imbalance()(table(frame, y, classes=("c0", "c1")), 0)
    assert value(absent, "ratio").value == 0
    assert value(absent, "effective_classes").value == 1


def test_regression_has_no_classes(table):
    with pytest.raises(NotApplicable):
        Imbalance()(table(pd.DataFrame({"a": np.arange(50.0)}), np.arange(50.0), "regression"), 0)


def test_interval_of_a_ratio_covers_it():
    random = np.random.default_rng(0)
    truth = 0.25  # rarest 0.2, commonest 0.8
    covered = [
        low <= truth <= high
        for a in random.binomial(100, 0.2, 400)
        for low, high in [odds_interval(int(a), int(100 - a))]
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)
