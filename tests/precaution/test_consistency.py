"""Planted copies, conflicts and leaks are counted exactly; clean data have none."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.consistency import Consistency, conflicting
from xaiframe.precaution.resemblance.twins import accidental, nearest


def shares(outcome):
    return {fact.name: fact.value for fact in outcome.facts if fact.name.endswith("_share")}


def test_planted_copies_in_a_table(table, noise):
    frame, y = noise(400)
    frame["level"] = np.where(frame["a"] > 0, "x", None)
    frame.loc[10:12] = frame.loc[0:2].to_numpy()  # train in train
    y[[0, 1, 2]], y[[10, 11, 12]] = 0, [0, 0, 1]
    frame.loc[300:304] = frame.loc[20:24].to_numpy()  # train in test
    frame = frame.infer_objects()
    outcome = Consistency()(table(frame, y), 0)

    assert shares(outcome) == {
        "duplicate_share": 3 / 240,
        "conflicting_share": 2 / 240,
        "leakage_share": 5 / 100,
        "validation_leakage_share": 0,
        "near_duplicate_share": 0,
        "near_leakage_share": 0,
    }
    rows = outcome.tables["duplicates"]
    assert rows.loc[rows["split"] == "test", ["id", "other_id"]].to_numpy().tolist() == [
        [300 + k, 20 + k] for k in range(5)
    ]
    assert set(rows.loc[rows["id"] == 12, "kind"]) == {"conflict"}
    assert set(rows.loc[rows["id"] == 11, "kind"]) == {"exact"}


def test_planted_copies_in_pictures(pictures):
    random = np.random.default_rng(0)
    x, y = random.integers(0, 17, (200, 1, 4, 4)).astype(float), np.arange(200) % 2
    x[50], x[160] = x[4], x[4]
    x[170] = x[5]
    x[170, 0, 0, 0] += 0.05
    found = shares(Consistency()(pictures(x, y), 0))

    assert found["duplicate_share"] == 1 / 120
    assert found["conflicting_share"] == 0
    assert found["leakage_share"] == 1 / 50
    assert found["near_leakage_share"] == pytest.approx(1 / 49)


def test_near_copies_are_found_and_neighbours_are_not(table, noise):
    frame, y = noise(600)
    control = shares(Consistency()(table(frame, y), 0))
    random = np.random.default_rng(1)
    frame.loc[100:109] = frame.loc[0:9].to_numpy() + random.normal(0, 1e-3, (10, 5))
    frame.loc[500:504] = frame.loc[20:24].to_numpy() + random.normal(0, 1e-3, (5, 5))
    found = shares(Consistency()(table(frame, y), 0))

    assert control["near_duplicate_share"] == control["near_leakage_share"] == 0
    assert found["near_duplicate_share"] == 20 / 360
    assert found["near_leakage_share"] == 5 / 150
    assert found["duplicate_share"] == found["leakage_share"] == 0


def test_clean_data_raise_few_alarms(table, noise):
    exact, near = 0.0, 0
    for seed in range(30):
        found = shares(Consistency()(table(*noise(1000, columns=4, seed=seed)), seed))
        near += (found["near_duplicate_share"] > 0) or (found["near_leakage_share"] > 0)
        exact += found["duplicate_share"] + found["leakage_share"] + found["conflicting_share"]
    assert exact == 0
    assert near <= 2


def test_accidental_neighbours_are_as_many_as_stated():
    counts = []
    for seed in range(100):
        points = np.random.default_rng(seed).random((400, 2))
        distances = nearest(points, points, 3)[0][:, 1:]
        counts.append((distances[:, 0] <= accidental(distances, 400, 2.0)).sum())
    assert np.mean(counts) == pytest.approx(2, abs=0.7)


def test_another_category_is_never_near(table, noise):
    frame, y = noise(300)
    frame["level"] = "x"
    frame.loc[100:109] = frame.loc[0:9].to_numpy()
    frame.loc[100:109, "level"] = "y"

    assert shares(Consistency()(table(frame.infer_objects(), y), 0))["near_duplicate_share"] == 0


def test_few_columns_are_not_judged(table, noise, value):
    fact = value(Consistency()(table(*noise(300, columns=2)), 0), "near_duplicate_share")

    assert fact.value is None
    assert "2 varying numeric columns" in fact.reason


def test_regression_has_no_conflicts(table, noise, value):
    frame, _ = noise(300)
    outcome = Consistency()(table(frame, np.arange(300.0), "regression"), 0)

    assert value(outcome, "conflicting_share").value is None
    assert value(outcome, "conflicting_share").reason


def test_conflicts_concern_every_row_of_the_group():
    keys, y = np.array([1, 1, 1, 2, 2, 3]), np.array([0, 0, 1, 1, 1, 0])

    assert conflicting(keys, y).tolist() == [True, True, True, False, False, False]


def test_whole_numbers_and_signed_zeros_are_equal(table):
    frame = pd.DataFrame({"a": np.where(np.arange(100) % 2, 0.0, -0.0)})

    assert shares(Consistency()(table(frame, np.arange(100) % 2), 0))["leakage_share"] == 1


def test_hostile_columns_and_grey_pictures(table, pictures, hostile, tmp_path):
    y = np.arange(120) % 2
    grey = Consistency()(pictures(np.ones((120, 1, 4, 4)), y), 0)
    odd = Consistency()(table(hostile, y), 0)

    assert shares(grey)["duplicate_share"] == 71 / 72
    for outcome in (grey, odd):
        assert all(fact.value is not None or fact.reason for fact in outcome.facts)
        outcome.tables["duplicates"].to_parquet(tmp_path / "duplicates.parquet")


@pytest.mark.parametrize("wrong", [{"tolerance": 0.0}, {"chance": 0.0}, {"sample": 0}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="consistency"):
        Consistency(**wrong)


def test_equal_messages_are_copies_whatever_their_white_space(messages, value):
    texts = [f"message number {k}" for k in range(100)]
    texts[5] = "message  number\n3"
    texts[6] = "Message number 3"
    texts[90] = "message number 7 "
    y = np.arange(100) % 2
    y[3], y[5] = 0, 1
    outcome = Consistency()(messages(texts, y), 0)
    assert value(outcome, "duplicate_share").value == pytest.approx(1 / 60)
    assert value(outcome, "conflicting_share").value == pytest.approx(2 / 60)
    assert value(outcome, "leakage_share").value == pytest.approx(1 / 25)
    near = value(outcome, "near_duplicate_share")
    assert near.value is None
    assert "0 different rows that can be compared" in near.reason


def test_messages_that_differ_in_a_number_or_a_name_are_near(messages, value):
    random = np.random.default_rng(0)
    texts = [" ".join(f"w{k:04d}" for k in random.integers(0, 999, 14)) for _ in range(200)]
    texts = [text.translate(str.maketrans("0123456789", "abcdefghij")) for text in texts]
    control = shares(Consistency()(messages(texts, np.arange(200) % 2), 0))
    texts[7] = texts[3] + " 4711"
    texts[170] = texts[20].replace(texts[20].split()[5], "theodora")
    outcome = Consistency()(messages(texts, np.arange(200) % 2), 0)
    assert control["near_duplicate_share"] == control["near_leakage_share"] == 0
    assert value(outcome, "near_duplicate_share").value == 2 / 120
    assert value(outcome, "near_leakage_share").value == 1 / 50
    rows = outcome.tables["duplicates"].set_index("id")
    assert rows.loc[170, ["other_id", "message", "other_message"]].tolist() == [
        20, texts[170], texts[20]
    ]  # fmt: skip


def test_short_messages_are_never_near(messages):
    random = np.random.default_rng(1)
    texts = ["".join(chr(97 + k) for k in random.integers(0, 26, 60)) for _ in range(100)]
    texts[4], texts[5], texts[90] = "Ok lor.", "Ok lor...", "ok lor. 7"
    found = shares(Consistency()(messages(texts, np.arange(100) % 2), 0))
    assert found["near_duplicate_share"] == found["near_leakage_share"] == 0


def test_pictures_that_are_brightened_or_moved_are_near(pictures):
    random = np.random.default_rng(0)
    x, y = random.normal(100, 20, (300, 1, 40, 40)), np.arange(300) % 2
    for axis in (2, 3):
        x = (x + np.roll(x, 1, axis) + np.roll(x, 2, axis)) / 3
    control = shares(Consistency()(pictures(x, y), 0))
    x[240] = 30 + 1.4 * x[7]
    x[250] = np.roll(x[9], 1, 2)
    outcome = Consistency()(pictures(x, y), 0)
    rows = outcome.tables["duplicates"]
    assert control["near_duplicate_share"] == control["near_leakage_share"] == 0
    assert dict(zip(rows["id"], rows["other_id"], strict=True)) == {240: 7, 250: 9}
    assert set(rows["kind"]) == {"near"}
    shown = outcome.arrays["shown"]["x"]
    assert np.array_equal(shown[:, 1], x[[7, 9]].astype(np.float32))


def test_series_of_another_scale_are_near_and_like_ones_are_not(series):
    random = np.random.default_rng(0)
    phase = random.uniform(0, 6, (300, 1, 1))
    x = np.sin(np.linspace(0, 12, 60) + phase) + random.normal(0, 0.05, (300, 1, 60))
    control = shares(Consistency()(series(x, np.arange(300) % 2), 0))
    x[240] = 5 - 3 * -x[7]
    found = shares(Consistency()(series(x, np.arange(300) % 2), 0))
    assert control["near_duplicate_share"] == control["near_leakage_share"] == 0
    assert found["near_leakage_share"] == 1 / 75


def test_excess_is_what_chance_does_not_explain(table, noise, value):
    frame, y = noise(400)
    frame.loc[300:304] = frame.loc[20:24].to_numpy()
    outcome = Consistency()(table(frame, y), 0)
    few = Consistency()(table(pd.DataFrame({"a": y % 2, "b": np.arange(400) % 3}), y), 0)
    assert value(outcome, "leakage_excess").value == pytest.approx(0.05)
    assert value(outcome, "duplicate_excess").value == 0
    assert value(few, "leakage_excess").value <= 0


def test_planted_copies_of_series(series, value):
    x = np.random.default_rng(0).normal(size=(200, 1, 30))
    x[10], x[180] = x[2], x[5]
    x[12] = x[3] + 1e-4
    outcome = Consistency()(series(x, np.arange(200) % 2), 0)
    assert value(outcome, "duplicate_share").value == pytest.approx(1 / 120)
    assert value(outcome, "leakage_share").value == pytest.approx(1 / 50)
    assert value(outcome, "near_duplicate_share").value == pytest.approx(2 / 119)
