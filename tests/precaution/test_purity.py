"""Purity: planted wrong labels, outliers and empty rows are found, hard but sound data pass."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.labels.suspects import expected
from xaiframe.precaution.purity import Purity

FAST = Purity(trees=20)


@pytest.fixture
def sound():
    """Two groups of 5 columns far apart, ``(800, 5)``, and which group a row belongs to."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 800)
    return pd.DataFrame(random.normal(size=(800, 5)) + 1.8 * y[:, None], columns=list("abcde")), y


def test_turned_labels_are_counted_and_named(table, sound, value):
    frame, y = sound
    turned = np.random.default_rng(1).choice(480, 48, replace=False)
    given = y.copy()
    given[turned] = 1 - given[turned]
    outcome = FAST(table(frame, given), 0)
    noise, suspects = value(outcome, "label_noise"), outcome.tables["suspects"]

    assert noise.interval[0] < 0.1 < noise.interval[1]
    assert noise.value > value(outcome, "label_noise_null95").value
    assert value(outcome, "label_noise_floor").interval[0] > 0.03
    assert np.isin(suspects["id"], turned).mean() > 0.9
    assert np.isin(turned, suspects["id"]).mean() > 0.9
    right = suspects[suspects["id"].isin(turned)]
    assert (right["suggested"] == [f"c{y[row]}" for row in right["id"]]).all()
    assert (suspects["margin"].diff().dropna() <= 0).all()
    assert value(outcome, "suspects_wrong").value == pytest.approx(suspects["wrong"].mean())


def test_how_many_suspects_are_wrong_is_told_also_where_classes_overlap(table, noise, value):
    """Of a long list of hard rows half is right, and it is known to be so."""
    frame, y = noise(2500, 6)
    frame["a"] += 3 * y
    turned = np.random.default_rng(3).random(len(y)) < 0.1
    outcome = FAST(table(frame, np.where(turned, 1 - y, y)), 0)
    truly = np.isin(outcome.tables["suspects"]["id"], np.flatnonzero(turned)).mean()
    assert 0.3 < truly < 0.9
    assert value(outcome, "suspects_wrong").value == pytest.approx(truly, abs=0.12)


def test_of_no_suspects_nothing_is_expected():
    assert expected(np.empty(0)).reason == "no suspects"


def test_sound_labels_pass(table, sound, value):
    outcome = FAST(table(*sound), 0)
    assert value(outcome, "label_noise").value < 0.01


def test_classes_that_overlap_are_hard_and_not_wrong(table, noise, value):
    """Bayes error 16 %, not one wrong label: confident learning alone would say 8 %."""
    frame, y = noise(1500, 6)
    frame["a"] += 2 * y
    outcome = FAST(table(frame, y), 0)
    found = value(outcome, "label_noise").value
    assert found > 0.05
    assert (
        found <= value(outcome, "label_noise_null95").value
        or value(outcome, "label_noise_floor").interval[0] == 0
    )


def test_labels_that_no_column_explains_are_not_called_wrong(table, noise, value):
    outcome = FAST(table(*noise(800, 6)), 0)
    assert value(outcome, "label_noise_floor").interval[0] == 0


def test_numbers_have_outlying_targets(table, noise, value):
    frame, _ = noise(800)
    y = (3 * frame["a"]).to_numpy(np.float32) + np.random.default_rng(2).normal(0, 0.3, 800)
    clean = FAST(table(frame, y, "regression"), 0)
    y[[5, 17, 300]] += 40
    outcome = FAST(table(frame, y, "regression"), 0)

    assert value(clean, "target_outlier_share").value == 0
    assert value(outcome, "target_outlier_share").value == 3 / 480
    assert set(outcome.tables["suspects"]["id"]) == {5, 17, 300}
    assert not [fact for fact in outcome.facts if fact.name == "label_noise"]


@pytest.mark.parametrize("law", ["normal", "t3", "lognormal", "mixed"])
def test_no_outliers_where_none_are(table, law, value):
    random = np.random.default_rng(4)
    x = random.normal(size=(1000, 6))
    if law == "t3":
        x = random.standard_t(3, (1000, 6))
    if law == "lognormal":
        x = np.exp(x)
    frame = pd.DataFrame(x, columns=list("abcdef"))
    if law == "mixed":
        frame["zeros"] = np.where(random.random(1000) < 0.9, 0, random.lognormal(size=1000))
        frame["level"] = random.choice(["x", "y", "z"], 1000, p=[0.9, 0.08, 0.02])
        frame["name"] = [f"row {k}" for k in range(1000)]
    outcome = FAST(table(frame, random.integers(0, 2, 1000)), 0)
    assert value(outcome, "outlier_share").value <= 0.005


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_outliers_are_found_with_their_column(table, noise, share, value):
    frame, y = noise(1000, 8)
    random = np.random.default_rng(5)
    planted = random.choice(600, int(600 * share), replace=False)
    columns = random.choice(frame.columns.to_numpy(), len(planted))
    for row, column in zip(planted, columns, strict=True):
        frame.loc[row, column] = random.choice([-1, 1]) * random.uniform(10, 15)
    outcome = FAST(table(frame, y), 0)
    found = outcome.tables["outliers"].set_index("id")

    assert set(planted) <= set(found.index)
    assert len(found) <= len(planted) + 1
    assert (found.loc[planted, "column"] == columns).all()
    assert value(outcome, "outlier_share").value == pytest.approx(share, abs=0.002)


def test_empty_content_is_listed(pictures, messages, series, table, noise, value):
    random = np.random.default_rng(0)
    x, y = random.random((200, 1, 4, 4)), np.arange(200) % 2
    x[3], x[150] = 0.5, np.nan
    outcome = FAST(pictures(x, y), 0)
    listed = outcome.tables["corrupt"]
    assert value(outcome, "corrupt_share").value == 1 / 120
    assert listed[["split", "id"]].to_numpy().tolist() == [["train", 3], ["test", 150]]
    told = FAST(messages(["", " \n"] + [f"see you {k}" for k in range(198)], y), 0)
    assert value(told, "corrupt_share").value == 2 / 120
    flat = random.random((200, 2, 9))
    flat[7] = flat[7, :, :1]
    assert value(FAST(series(flat, y), 0), "corrupt_share").value == 1 / 120
    frame, _ = noise(200)
    frame.loc[9] = np.nan
    assert FAST(table(frame, y), 0).tables["corrupt"]["id"].tolist() == [9]


@pytest.mark.parametrize("y", [np.zeros(120, int), np.arange(120) % 2, np.arange(120) % 40])
def test_hostile_columns_and_classes(table, hostile, y, tmp_path):
    outcome = FAST(table(hostile, y), 0)
    assert all(fact.value is not None or fact.reason for fact in outcome.facts)
    for name, frame in outcome.tables.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"neighbours": 0}, {"chance": 0.1}, {"fit": 1}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="purity"):
        Purity(**wrong)
