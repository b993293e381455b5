"""Columns as a person reads them: levels, gaps, words, means of regions."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.data.series import Series
from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.errors import NotApplicable
from xaiframe.probe.sheet import Column, Sheet


@pytest.fixture
def table(tmp_path):
    random = np.random.default_rng(0)
    n = 90
    frame = pd.DataFrame(
        {
            "age": np.where(np.arange(n) % 7 == 0, np.nan, random.integers(20, 60, n)),
            "colour": random.choice(["red", "green", "blue"], n),
            "smoker": random.choice(["yes", "no"], n),
            "same": 1.0,
            "label": random.choice(["a", "b"], n),
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    return Table(str(tmp_path / "t.csv"), "label").data


def test_levels_gaps_and_numbers_are_columns_of_their_own(table):
    sheet = Sheet(table)
    columns = sheet.columns
    assert Column("age", "number") in columns
    assert Column("age", "gap") in columns
    assert {one.level for one in columns if one.feature == "colour"} == {"blue", "green", "red"}
    assert sum(one.feature == "smoker" for one in columns) == 1
    assert not any(one.feature == "same" for one in columns)
    values = sheet(table.test.x)
    assert not np.isnan(values).any()
    for at, column in enumerate(columns):
        own = table.test.frame[column.feature]
        if column.kind == "level":
            assert values[:, at].tolist() == (own.astype(str) == column.level).tolist()
        elif column.kind == "gap":
            assert values[:, at].tolist() == own.isna().tolist()
        else:
            middle = table.train.frame["age"].median()
            np.testing.assert_allclose(values[:, at], own.fillna(middle), rtol=1e-6)


def test_words_are_there_or_not_whatever_their_case(tmp_path):
    rows = ["Win MONEY now", "lunch at home ?", "win lunch"] * 20
    frame = pd.DataFrame({"message": rows, "label": ["spam", "ham", "ham"] * 20})
    frame.to_csv(tmp_path / "m.csv", index=False)
    data = Text(str(tmp_path / "m.csv"), "message", "label").data
    sheet = Sheet(data)
    names = [one.feature for one in sheet.columns]
    assert {"win", "money", "now", "lunch", "at", "home"} == set(names)
    found = sheet(data.test.x)
    for row, message in zip(found, data.encoding.raw(data.test.x), strict=True):
        held = {one for one, there in zip(names, row, strict=True) if there}
        assert held == {one for one in message.lower().split() if one.isalnum()}


def test_a_segment_of_a_series_is_its_mean(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "s.npz", a=random.normal(size=(60, 9)), y=random.normal(size=60))
    data = Series(str(tmp_path / "s.npz"), "y", task="regression", channels={"a": "a"},
                  segments=3).data  # fmt: skip
    due = data.test.x[:, 0].reshape(len(data.test), 3, 3).mean(axis=2)
    np.testing.assert_allclose(Sheet(data)(data.test.x), due, atol=1e-6)


def plain(x, aligned=True):
    part = Split(np.arange(len(x)), x, np.zeros(len(x)), pd.DataFrame(x))
    return Data("table", "regression", part, part, part, ("a", "b"), np.arange(2), aligned=aligned)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(NotApplicable, match="patches"):
        Sheet(plain(np.eye(2, dtype=np.float32), aligned=False))
    with pytest.raises(NotApplicable, match="more than one value"):
        Sheet(plain(np.ones((4, 2), dtype=np.float32)))
