"""Volume: a curve that still climbs is seen, a flat one is not; rows are counted by group."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, r2_score

from xaiframe.precaution.learning.held_out import Answers, scores
from xaiframe.precaution.volume import Volume

FAST = Volume(trees=15)


def board(n, seed=0):
    """Four by four fields of alternating classes: learnt field by field."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.random((n, 6)), columns=list("abcdef"))
    y = ((4 * frame["a"]).astype(int) + (4 * frame["b"]).astype(int)) % 2
    return frame, y.to_numpy()


def test_too_few_rows_promise_a_gain(table, value):
    outcome = FAST(table(*board(1600)), 0)
    gain = value(outcome, "doubling_gain")
    assert gain.interval[0] > 0.02
    assert gain.interval[0] < gain.value < gain.interval[1]
    assert gain.n == 960
    assert value(outcome, "measured_gain").value > 0.04
    curve = outcome.tables["curve"]
    assert curve["rows"].tolist() == [48, 96, 192, 384, 768, 960, 1920]
    assert curve["measured"].tolist() == [True] * 5 + [False] * 2
    assert curve["score"][4] > curve["score"][1]


@pytest.mark.parametrize("kind", ["easy", "noise"])
def test_what_is_learnt_or_cannot_be_promises_none(table, noise, kind, value):
    frame, y = noise(1500)
    if kind == "easy":
        y = (frame["a"] > 0).astype(int).to_numpy()
    gain = value(FAST(table(frame, y), 0), "doubling_gain")
    assert gain.interval[0] <= 0.02
    assert gain.value < 0.05


def test_regression_has_a_curve_of_its_own(table, noise, value):
    frame, _ = noise(1500)
    y = frame["a"].to_numpy(np.float32)
    outcome = FAST(table(frame, y, "regression"), 0)
    assert value(outcome, "asymptote").value > 0.9
    assert value(outcome, "doubling_gain").value < 0.05
    assert not [fact for fact in outcome.facts if fact.name == "rows_per_class"]


def test_scores_are_scikit_learns():
    random = np.random.default_rng(0)
    y, told = random.integers(0, 3, 60), random.integers(0, 3, (1, 2, 60))
    weights = np.vstack([np.ones(60), random.integers(0, 3, 60)])
    found = scores(Answers(np.array([5, 10]), told, y), "classification", weights)
    for draw, weight in enumerate(weights):
        for size in range(2):
            rows = np.repeat(np.arange(60), weight.astype(int))
            truth = balanced_accuracy_score(y[rows], told[0, size, rows])
            assert found[draw, size] == pytest.approx(truth)
    y = random.normal(size=60)
    told = y + random.normal(size=(1, 2, 60))
    found = scores(Answers(np.array([5, 10]), told, y), "regression", weights)
    assert found[1, 1] == pytest.approx(r2_score(y, told[0, 1], sample_weight=weights[1]))


def test_rows_are_counted_per_column_class_group_and_intersection(table, noise, value):
    frame, y = noise(200)
    frame["sex"] = np.where(np.arange(200) % 4 == 0, "f", "m")
    frame["age"] = np.arange(200) % 120
    data = replace(table(frame, y), sensitive=("sex", "age", "absent"))
    outcome = FAST(data, 0)
    counts = pd.Series(data.train.y).value_counts()

    assert value(outcome, "rows_per_feature").value == 120 / 7
    assert value(outcome, "rows_per_class", **{"class": "c1"}).value == counts[1]
    assert value(outcome, "smallest_class_rows").value == counts.min()
    assert value(outcome, "rows_per_group", column="sex", group="f").value == 30
    groups = outcome.tables["groups"]
    assert groups[groups["column"] == "age"]["rows"].tolist() == [30, 30, 30, 30]
    both = groups[groups["kind"] == "intersection"]
    assert both["rows"].sum() == 120
    assert both["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("y", [np.zeros(120, int), np.arange(120) % 2, np.arange(120) % 40])
def test_hostile_columns_and_few_rows(table, hostile, y, tmp_path):
    data = replace(table(hostile, y), sensitive=tuple(hostile.columns))
    outcome = FAST(data, 0)
    assert all(fact.value is not None or fact.reason for fact in outcome.facts)
    for name, frame in outcome.tables.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")


def test_every_modality_has_a_curve(messages, pictures, series, value):
    y = np.arange(200) % 2
    random = np.random.default_rng(0)
    told = messages([f"{'win' if k % 2 else 'see'} you {k}" for k in range(200)], y)
    grey = pictures(random.random((200, 1, 4, 4)) + y[:, None, None, None], y)
    wave = series(random.normal(size=(200, 2, 9)) * (1 + 9 * y[:, None, None]), y)
    for data, inputs in ((told, 12), (grey, 16), (wave, 18)):
        outcome = FAST(data, 0)
        assert value(outcome, "doubling_gain").value < 0.05
        assert value(outcome, "rows_per_feature").value == 120 / inputs


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"sizes": 2}, {"sample": 50}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="volume"):
        Volume(**wrong)
