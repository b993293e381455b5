"""Predictive power against its definition, leaks, and columns that know nothing."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from xaiframe.precaution.measure import confusion
from xaiframe.precaution.relation.power import normalised_f1, predictive_power


def test_definition_with_scikit_learns_f1():
    random = np.random.default_rng(0)
    y = random.choice(3, 300, p=[0.6, 0.3, 0.1])
    told = np.where(random.random(300) < 0.8, y, random.integers(0, 3, 300))
    commonest = f1_score(y, np.full(300, 0), average="weighted")
    guess = max(commonest, (np.bincount(y) / 300) @ (np.bincount(y) / 300))
    expected = (f1_score(y, told, average="weighted") - guess) / (1 - guess)

    assert normalised_f1(confusion(y, told)) == pytest.approx(expected)


@pytest.mark.parametrize("classes", [2, 20])
def test_a_copy_of_the_label_has_all_the_power(classes):
    y = np.random.default_rng(1).integers(0, classes, 800)
    fact = predictive_power(y.astype(float), y, "classification", 4, 0)

    assert fact.value == pytest.approx(1)
    assert fact.interval == pytest.approx((1, 1))


def test_a_copy_of_the_target_has_nearly_all_the_power():
    y = np.random.default_rng(1).random(800)

    assert predictive_power(-y, y, "regression", 4, 0).value > 0.9


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_noise_has_no_power(task):
    found = []
    for seed in range(10):
        random = np.random.default_rng(seed)
        y = random.integers(0, 2, 300) if task == "classification" else random.normal(size=300)
        found.append(predictive_power(random.normal(size=300), y, task, 4, seed).value)
    assert np.mean(found) < 0.06
    assert max(found) < 0.2


def test_missingness_that_tells_the_class_is_power():
    y = np.random.default_rng(2).integers(0, 2, 300)
    column = np.where(y == 1, np.nan, 3.0)

    assert predictive_power(column, y, "classification", 4, 0).value == pytest.approx(1)


@pytest.mark.parametrize(
    ("y", "task", "reason"),
    [
        (np.zeros(100, int), "classification", "only one value"),
        (np.zeros(100), "regression", "only one value"),
        (np.arange(20) % 2, "classification", "too few"),
        (np.arange(100), "classification", "no class"),
    ],
)
def test_what_cannot_be_judged_says_why(y, task, reason):
    fact = predictive_power(np.arange(len(y), dtype=float), y, task, 4, 0)

    assert fact.value is None
    assert reason in fact.reason


def test_a_rare_class_does_not_stop_it():
    y = np.array([0] * 99 + [1])

    assert predictive_power(np.arange(100.0), y, "classification", 4, 0).value == 0
