"""Missing values are counted where they are."""

import numpy as np
import pytest

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
