"""Missing values are counted where they are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, mannwhitneyu

from xaiframe.precaution.missing import Missing


def test_planted_gaps_are_counted_in_train_only(table, noise, value):
    frame, y = noise(400)
    frame.loc[:23, "b"] = np.nan
    frame.loc[20:29, "c"] = np.inf
    frame.loc[350:, "d"] = np.nan
    outcome = Missing()(table(frame, y), 0)

    assert value(outcome, "share", column="b").value == 24 / 240
    assert value(outcome, "share", column="c").value == 10 / 240
    assert value(outcome, "share", column="d").value == 0
    assert value(outcome, "rows_share").value == 30 / 240
    assert value(outcome, "worst_share").value == 0.1
    assert value(outcome, "worst_share").n == 240
    assert outcome.tables["columns"].set_index("column")["missing"].to_dict() == {
        "a": 0, "b": 24, "c": 10, "d": 0, "e": 0,
    }  # fmt: skip


def test_pictures_miss_a_channel(pictures, value):
    x = np.ones((40, 1, 4, 4))
    x[3, 0, 2, 2] = np.nan
    outcome = Missing()(pictures(x, np.arange(40) % 2), 0)

    assert value(outcome, "share", column="channel 0").value == pytest.approx(1 / 24)


def test_hostile_columns(table, hostile, value):
    outcome = Missing()(table(hostile, np.arange(120) % 2), 0)

    assert value(outcome, "share", column="empty").value == 1
    assert all(fact.value is not None for fact in outcome.facts)


def test_messages_are_read_by_their_properties_and_series_by_channel(messages, series, value):
    told = Missing()(messages([f"a {k}" for k in range(50)], np.arange(50) % 2), 0)
    assert value(told, "worst_share").value == 0
    x = np.zeros((50, 2, 4))
    x[:3, 1, 2] = np.nan
    told = Missing()(series(x, np.arange(50) % 2), 0)
    assert value(told, "share", column="channel 0").value == 0
    assert value(told, "share", column="channel 1").value == pytest.approx(3 / 30)


def test_absence_that_follows_the_class_is_told_as_pearson_tells_it(table, noise, value):
    frame, y = noise(1000)
    random = np.random.default_rng(1)
    gone = random.random(1000) < np.where(y == 1, 0.4, 0.1)
    frame.loc[gone, "b"] = np.nan
    outcome = Missing()(table(frame, y), 0)
    train, label = gone[:600], y[:600]
    expected = chi2_contingency(pd.crosstab(train, label), correction=False).pvalue

    assert value(outcome, "target_p_adjusted", column="b").value == pytest.approx(expected)
    assert value(outcome, "target_association", column="b").value > 0.2
    known = outcome.tables["columns"].set_index("column")["target_p_adjusted"]
    assert known.notna().to_dict() == {"a": False, "b": True, "c": False, "d": False, "e": False}


def test_absence_that_follows_a_number_is_told_by_ranks(table, noise, value):
    frame, _ = noise(500)
    y = frame["a"].to_numpy()
    frame.loc[y > 0.8, "c"] = np.nan
    told = Missing()(table(frame, y, task="regression"), 0)
    high = y[:300] > 0.8
    expected = mannwhitneyu(y[:300][high], y[:300][~high], method="asymptotic").pvalue

    assert value(told, "target_association", column="c").value == 1
    assert value(told, "target_p_adjusted", column="c").value == pytest.approx(expected)


def test_absence_by_chance_is_rarely_told(table, noise, value):
    """p below 0.01 in about one of a hundred; five of sixty would come once in a thousand."""
    alarms = 0
    for seed in range(60):
        frame, y = noise(300, seed=seed)
        frame.loc[np.random.default_rng(seed + 1000).random(300) < 0.3, "a"] = np.nan
        told = Missing()(table(frame, y), 0)
        alarms += value(told, "target_p_adjusted", column="a").value < 0.01
    assert alarms < 5


def test_a_few_gaps_tell_nothing(table, noise):
    frame, y = noise(400)
    frame.loc[:8, "a"] = np.nan

    assert not [f for f in Missing()(table(frame, y), 0).facts if f.name.startswith("target")]


def test_absence_that_follows_a_group_is_told_of_that_group(table, noise, value):
    frame, y = noise(1000)
    random = np.random.default_rng(2)
    group = random.choice(["x", "y"], 1000)
    frame["group"] = group
    frame.loc[random.random(1000) < np.where(group == "x", 0.4, 0.1), "b"] = np.nan
    data = replace(table(frame, y), sensitive=("group",))
    outcome = Missing()(data, 0)

    told = value(outcome, "group_p_adjusted", column="b", sensitive="group")
    assert told.value < 0.01
    assert value(outcome, "group_association", column="b").value > 0.2
    assert value(outcome, "target_p_adjusted", column="b").value > 0.01
    table = outcome.tables["groups"].set_index("group")
    expected = frame.head(600).groupby("group")["b"].apply(lambda one: one.isna().sum())
    assert table["missing"].to_dict() == expected.to_dict()


def test_rows_that_lack_most_columns_are_counted(table, noise, value):
    frame, y = noise(400)
    frame.iloc[:24, :3] = np.nan
    frame.iloc[24:48, :1] = np.nan
    outcome = Missing()(table(frame, y), 0)

    assert value(outcome, "half_empty_rows_share").value == 0.1
    assert outcome.tables["rows"].to_dict("list") == {"missing": [0, 1, 3], "rows": [192, 24, 24]}


def test_a_disguised_value_is_named_with_its_share(table, noise, value):
    frame, y = noise(500)
    frame.loc[::10, "c"] = -999.0
    outcome = Missing()(table(frame, y), 0)

    assert value(outcome, "disguised_columns").value == 1
    assert value(outcome, "disguised_share", column="c", value="-999").value == 0.1
    clean = Missing()(table(*noise(500)), 0)
    assert value(clean, "disguised_columns").value == 0


def test_hostile_groups_end_without_a_traceback(table, hostile):
    data = replace(table(hostile, np.arange(120) % 2), sensitive=("empty", "id", "date", "mixed"))
    outcome = Missing()(data, 0)

    assert all(fact.value is not None or fact.reason for fact in outcome.facts)


def test_a_sample_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="sample"):
        Missing(sample=10)
