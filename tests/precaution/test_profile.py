"""The profile against pandas and numpy."""

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from xaiframe.data.table import Table
from xaiframe.errors import DataError
from xaiframe.precaution.profile import Profile


def test_statistics_are_pandas(table, noise, value):
    frame, y = noise(400)
    frame.loc[:9, "a"] = np.nan
    data = table(frame, y)
    outcome = Profile()(data, 0)
    told = outcome.tables["columns"].set_index("column")
    expected = data.train.frame.describe().T

    for ours, theirs in {"mean": "mean", "sd": "std", "q25": "25%", "median": "50%"}.items():
        np.testing.assert_allclose(told[ours].astype(float), expected[theirs])
    assert told.loc["a", "missing"] == 10
    assert told.loc["a", "n"] == 230
    assert value(outcome, "rows", split="test").value == 100
    assert value(outcome, "columns").value == 5


def test_histograms_hold_every_value(table, noise):
    frame, y = noise(400)
    bars = Profile(bins=7)(table(frame, y), 0).tables["histograms"]

    assert bars.groupby("column")["count"].sum().tolist() == [240] * 5
    assert bars.groupby("column").size().tolist() == [7] * 5


def test_planted_breach_is_counted_in_its_split(table, noise, value):
    frame, y = noise(400)
    frame.loc[390:393, "c"] = 1e6
    outcome = Profile()(table(frame, y), 0)

    assert value(outcome, "schema_breaches", split="test").value == 4
    assert value(outcome, "schema_breaches", split="validation").value == 0
    assert outcome.tables["breaches"][["split", "column", "cells"]].values.tolist() == [
        ["test", "c", 4]
    ]
    stored = pa.DataFrameSchema.from_yaml(outcome.files["schema.yaml"].decode())
    assert list(stored.columns) == list("abcde")


def test_classes_and_mean_pictures(pictures):
    random = np.random.default_rng(0)
    x, y = random.random((50, 1, 4, 4)), np.arange(50) % 2
    outcome = Profile()(pictures(x, y), 0)

    np.testing.assert_allclose(
        outcome.arrays["examples"]["mean_c1"], x[:30][y[:30] == 1].mean(axis=0), rtol=1e-6
    )
    assert outcome.tables["classes"]["count"].sum() == 50


def test_regression_shows_the_target(table, noise):
    frame, _ = noise(100)
    outcome = Profile()(table(frame, np.arange(100.0), "regression"), 0)

    assert "target" in set(outcome.tables["histograms"]["column"])
    assert len(outcome.tables["classes"]) == 0


def test_hostile_columns(table, hostile, value, tmp_path):
    outcome = Profile()(table(hostile, np.arange(120) % 2), 0)

    assert value(outcome, "constant_columns").value == 4  # constant, empty, nothing, rare in train
    assert all(fact.value is not None for fact in outcome.facts)
    for name, frame in outcome.tables.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
        assert list(pd.read_parquet(tmp_path / f"{name}.parquet")) == list(frame)


@pytest.mark.parametrize("wrong", [{"bins": 0}, {"margin": -1.0}, {"categories": 0}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="profile"):
        Profile(**wrong)


def test_messages_list_the_words_of_most_messages_per_class(messages, value):
    texts = ["Win win now!" if k % 2 else f"see you{'!' * (k % 3)}" for k in range(100)]
    outcome = Profile(values=2)(messages(texts, np.arange(100) % 2), 0)
    told = outcome.tables["values"]
    assert told.to_dict("records") == [
        {"column": "label: c0", "value": "see", "count": 30},
        {"column": "label: c0", "value": "you", "count": 30},
        {"column": "label: c1", "value": "now", "count": 30},
        {"column": "label: c1", "value": "win", "count": 30},
    ]
    assert "capitals" in set(outcome.tables["columns"]["column"])
    assert value(outcome, "rows", split="train").value == 60


def test_series_are_profiled_by_their_properties(series):
    x = np.random.default_rng(0).normal(size=(60, 2, 8))
    outcome = Profile()(series(x, np.arange(60) % 2), 0)
    assert list(outcome.tables["columns"]["column"]) == ["mean", "sd"]
    assert list(outcome.arrays) == ["shown"]


def test_a_pinned_schema_is_held_against_all_splits(table, noise, value, tmp_path):
    frame, y = noise(400)
    first = Profile()(table(frame, y), 0)
    path = tmp_path / "schema.yaml"
    path.write_bytes(first.files["schema.yaml"])
    frame.loc[[3, 4, 399], "a"] = 1e6  # train and test
    pinned = Profile(schema=str(path))
    second = pinned(table(frame, y), 0)

    assert value(first, "schema_pinned").value is False
    assert value(second, "schema_pinned").value is True
    assert value(first, "held_to_schema").value is False
    assert value(second, "held_to_schema").value is True
    assert value(second, "schema_breaches", split="train").value == 2
    assert value(second, "schema_breaches", split="test").value == 1
    assert pinned.brought != Profile().brought


def test_data_that_were_read_by_a_schema_are_held_to_one(tmp_path, value):
    """Pinning another is no advice then."""
    frame = pd.DataFrame({"age": np.arange(40) % 7, "y": np.arange(40) % 2})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    schema = {"columns": {"age": {"dtype": "int64", "checks": {"greater_than_or_equal_to": 0}}}}
    for given, held in ((schema, True), (None, False)):
        data = Table(source=str(tmp_path / "rows.csv"), target="y", schema=given).load()
        outcome = Profile()(data, 0)
        assert value(outcome, "held_to_schema").value is held
        assert value(outcome, "schema_pinned").value is False


def test_a_schema_that_is_not_there_is_said(table, noise):
    with pytest.raises(DataError, match="cannot be read"):
        Profile(schema="nowhere.yaml")(table(*noise()), 0)


def test_planted_identifier_number_text_and_future_date(table, noise, value):
    frame, y = noise(400)
    frame["name"] = [f"row {k}" for k in range(400)]
    frame["amount"] = [f"{k / 7:.2f}".replace(".", ",") for k in range(400)]
    frame["day"] = pd.Timestamp("2024-01-01")
    frame.loc[:4, "day"] = pd.Timestamp("2025-01-01")
    outcome = Profile(today="2024-06-01")(table(frame.sample(frac=1, random_state=0), y), 0)

    assert value(outcome, "id_like_columns").value == 1
    assert value(outcome, "id_like", column="name").value == 1.0
    assert value(outcome, "number_texts").value == 1
    assert value(outcome, "future_dates", column="day").value == 5


def test_clean_columns_raise_nothing(table, noise, value):
    outcome = Profile()(table(*noise()), 0)
    told = {one: value(outcome, one).value for one in ("id_like_columns", "number_texts")}
    assert told == {"id_like_columns": 0, "number_texts": 0}
