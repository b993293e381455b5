"""Redundant columns and leaks are found; independent columns are left alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.precaution.correlation import Correlation


def test_planted_copy_and_leak(table, noise, value):
    frame, y = noise(600)
    frame["copy"] = np.exp(frame["a"]) + 0.01 * frame["b"]
    frame["leak"] = np.where(y == 1, "yes", "no")
    outcome = Correlation()(table(frame, y), 0)

    assert value(outcome, "redundant_pairs").value == 1
    assert value(outcome, "redundant_share").value == pytest.approx(2 / 7)
    assert outcome.tables["pairs"].loc[0, ["a", "b"]].tolist() == ["a", "copy"]
    assert value(outcome, "predictive_power", column="leak").value == pytest.approx(1)
    assert value(outcome, "strongest_power").value == pytest.approx(1)
    assert outcome.tables["power"]["column"][0] == "leak"
    assert value(outcome, "strongest").value > 0.95


def test_independent_columns_raise_nothing(table, noise, value):
    for seed in range(5):
        outcome = Correlation()(table(*noise(400, seed=seed)), seed)
        assert value(outcome, "redundant_pairs").value == 0
        assert value(outcome, "strongest").value < 0.3
        assert value(outcome, "strongest_power").value < 0.3


def test_the_sample_is_bounded(table, noise, value):
    outcome = Correlation(sample=100)(table(*noise(1000)), 0)

    assert value(outcome, "strongest").n == 100
    assert value(outcome, "predictive_power", column="a").n == 100


def test_hostile_columns(table, hostile, value, tmp_path):
    outcome = Correlation()(table(hostile, np.arange(120) % 2), 0)

    assert value(outcome, "predictive_power", column="constant").reason == "the column is constant"
    assert all(fact.value is not None or fact.reason for fact in outcome.facts)
    for name, frame in outcome.tables.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")


def test_nothing_to_compare(table, value):
    outcome = Correlation()(table(pd.DataFrame({"a": np.ones(50)}), np.arange(50) % 2), 0)

    assert value(outcome, "strongest").value is None
    assert value(outcome, "strongest_power").reason == "the column is constant"


@pytest.mark.parametrize("wrong", [{"limit": 2.0}, {"folds": 1}, {"sample": 1}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="correlation"):
        Correlation(**wrong)


def test_the_same_level_in_one_class_of_series_is_a_mark(series, value):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(400, 1, 24)), np.arange(400) % 2
    assert value(Correlation()(series(x, y), 0), "strongest_mark").interval[0] < 0.35
    x[y == 1, 0, 5] = 6.0
    fact = value(Correlation()(series(x, y), 0), "strongest_mark")
    assert fact.value == 1
    assert fact.labels == {"class": "c1", "at": "row 0, column 5"}


def test_copied_columns_form_a_group(table, noise, value):
    frame, y = noise(300)
    frame["p"], frame["q"] = frame["a"] * 2, -frame["a"]
    outcome = Correlation()(table(frame, y), 0)
    assert value(outcome, "redundancy_groups").value == 1
    assert set(outcome.tables["groups"]["column"]) == {"a", "p", "q"}


def test_a_segment_whose_mean_is_the_class_has_power_and_is_not_judged(series, value):
    random = np.random.default_rng(1)
    x, y = random.normal(size=(400, 1, 24)), np.arange(400) % 2
    x[:, 0, 12:] += 3.0 * y[:, None]
    outcome = Correlation()(series(x, y), 0)

    assert value(outcome, "segment_power", column="segment 1").value > 0.95
    assert value(outcome, "segment_power", column="segment 0").value < 0.3
    assert outcome.tables["power"]["column"].tolist() == ["segment 1", "segment 0"]
    assert "strongest_power" not in {fact.name for fact in outcome.facts}
    assert "marks" in outcome.tables


def test_segments_of_series_are_held_against_a_number_too(series, value):
    random = np.random.default_rng(2)
    x = random.normal(size=(400, 1, 24))
    data = replace(series(x, x[:, 0, :12].mean(axis=1)), task="regression", classes=())
    outcome = Correlation()(data, 0)

    assert value(outcome, "segment_power", column="segment 0").value > 0.7
    assert set(outcome.tables) == {"power"}
    with pytest.raises(NotApplicable, match="by class"):
        Correlation()(replace(data, aligned=False), 0)
