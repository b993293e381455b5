"""Drift: planted shifts are found, random splits raise no alarm, odd data have reasons."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from xaiframe.precaution.columns import region_means
from xaiframe.precaution.data_drift import DataDrift, label_shift

FAST = {"permutations": 20, "sample": 100}


def columns(outcome):
    return outcome.tables["columns"].set_index("column")


@pytest.mark.parametrize("large", [1000, 100])
def test_a_moved_column_is_found_and_only_it(table, noise, value, large):
    frame, y = noise(800)
    frame.loc[600:, "c"] += 1.0
    outcome = DataDrift(large=large, **FAST)(table(frame, y), 0)

    assert columns(outcome)["drifted"].to_dict() == {
        "a": False, "b": False, "c": True, "d": False, "e": False,
    }  # fmt: skip
    assert value(outcome, "drifted_share").value == 0.2
    stability, null = (value(outcome, name, column="c") for name in ("psi", "psi_null99"))
    assert stability.value > max(0.25, null.value)


def test_only_the_facts_of_the_judging_measure_are_there(table, noise, value):
    frame, y = noise(400)
    tested = {fact.name for fact in DataDrift(**FAST)(table(frame, y), 0).facts}
    measured = {fact.name for fact in DataDrift(large=100, **FAST)(table(frame, y), 0).facts}

    assert {"p_adjusted", "effect"} <= tested
    assert "effect_null95" not in tested
    assert {"effect", "effect_null95", "effect_null99"} <= measured
    assert "p_adjusted" not in measured


@pytest.mark.parametrize("large", [1000, 100])
def test_random_splits_raise_few_alarms(table, noise, value, large):
    alarms = {"psi": 0, "column": 0, "label": 0}
    for seed in range(30):
        outcome = DataDrift(large=large, permutations=20, sample=30)(
            table(*noise(500, 6, seed)), seed
        )
        told = columns(outcome)
        alarms["psi"] += (told["psi"] > np.maximum(told["psi_null95"], 0.1)).any()
        alarms["column"] += told["drifted"].any()
        alarms["label"] += (
            value(outcome, "label_drift").value > value(outcome, "label_drift_null95").value
        )
    assert max(alarms.values()) <= 4, alarms


def test_adjustment_is_benjamini_hochberg(table, noise):
    told = columns(DataDrift(**FAST)(table(*noise(400)), 0)).sort_values("p_value")
    ranked = told["p_value"].to_numpy() * 5 / np.arange(1, 6)

    np.testing.assert_allclose(told["p_adjusted"], np.minimum.accumulate(ranked[::-1])[::-1])


def test_missing_categories_and_labels_that_move(table, noise, value):
    frame, y = noise(800)
    random = np.random.default_rng(0)
    frame["level"] = np.where(
        random.random(800) < np.where(np.arange(800) < 600, 0.2, 0.7), "x", "y"
    )
    frame.loc[600:699, "a"] = np.nan
    y[600:] = random.random(200) < 0.9
    outcome = DataDrift(**FAST)(table(frame, y), 0)

    assert columns(outcome).loc["level", "test"] == "Z"
    assert columns(outcome).loc["level", "drifted"]
    assert columns(outcome).loc["a", "psi"] > 0.25
    assert value(outcome, "label_drift").value > 0.15


def test_label_shift_null_is_that_of_chi_squared():
    random, exceeded, rarely = np.random.default_rng(0), 0, 0
    for _ in range(400):
        a, b = random.integers(0, 3, 300), random.integers(0, 3, 120)
        found, null, rare = label_shift(a, b)
        table = np.stack([np.bincount(side, minlength=3) for side in (a, b)])
        significant = chi2_contingency(table, correction=False).pvalue < 0.05
        assert abs(found - null) < 0.02 or (found > null) == significant
        exceeded += found > null
        rarely += found > rare
    assert exceeded / 400 == pytest.approx(0.05, abs=0.025)
    assert rarely / 400 == pytest.approx(0.01, abs=0.0125)
    assert label_shift(np.zeros(30, int), np.zeros(30, int)) == (0, 0, 0)


def test_regression_compares_the_values(table, noise, value):
    frame, _ = noise(400)
    y = np.random.default_rng(0).normal(size=400)
    calm = DataDrift(**FAST)(table(frame, y, "regression"), 0)
    moved = DataDrift(**FAST)(table(frame, y + (np.arange(400) >= 300), "regression"), 0)

    assert value(calm, "label_drift").value < value(calm, "label_drift_null95").value
    assert value(moved, "label_drift").value > 0.3


def test_pictures_are_compared_by_properties_and_patches(pictures, value):
    random = np.random.default_rng(0)
    x, y = random.random((400, 1, 4, 4)), np.arange(400) % 2
    x[300:, :, :2, 2:] += 0.5
    data = pictures(x, y)
    outcome = DataDrift(**FAST)(data, 0)

    np.testing.assert_allclose(
        region_means(data.test.x, data)["p1"], x[300:, 0, :2, 2:].mean(axis=(1, 2)), rtol=1e-5
    )
    assert value(outcome, "domain_auc").value > value(outcome, "domain_null_upper").value
    assert outcome.tables["domain"]["column"][0] == "brightness"
    assert columns(outcome).loc["brightness", "drifted"]


def test_hostile_columns(table, hostile, value, tmp_path):
    doubled = pd.concat([hostile, hostile], ignore_index=True)
    for large in (1000, 50):
        outcome = DataDrift(large=large, **FAST)(table(doubled, np.arange(240) % 2), 0)
        assert all(fact.value is not None or fact.reason for fact in outcome.facts)
        assert value(outcome, "psi", column="empty").value is None
        for name, frame in outcome.tables.items():
            frame.to_parquet(tmp_path / f"{name}.parquet")


def test_too_few_rows_are_not_judged(table, noise, value):
    outcome = DataDrift(**FAST)(table(*noise(30)), 0)

    for name in ("domain_auc", "drifted_share", "label_drift"):
        assert value(outcome, name).value is None
        assert value(outcome, name).reason


@pytest.mark.parametrize("wrong", [{"bins": 1}, {"folds": 1}, {"permutations": 3}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="data_drift"):
        DataDrift(**wrong)


def test_messages_are_compared_by_their_properties_only(messages, value):
    """The same words; in the last quarter, the test split, they are shouted."""
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(["win", "see", "you", "now"], 6)) for _ in range(400)]
    texts[300:] = [text.upper() for text in texts[300:]]
    outcome = DataDrift(**FAST)(messages(texts, np.arange(400) % 2), 0)
    told = columns(outcome)
    assert bool(told.loc["capitals", "drifted"])
    assert not told.loc[["words", "digits", "characters"], "drifted"].any()
    assert set(outcome.tables["domain"]["column"]) <= set(told.index)


def test_series_are_compared_by_properties_and_segments(series, value):
    x = np.random.default_rng(0).normal(size=(400, 2, 10))
    x[300:, 1] += np.repeat([-1, 1], 5)
    outcome = DataDrift(**FAST)(series(x, np.arange(400) % 2), 0)
    assert set(outcome.tables["domain"]["column"][:2]) == {"segment 2", "segment 3"}
    assert value(outcome, "domain_auc").value > 0.9
