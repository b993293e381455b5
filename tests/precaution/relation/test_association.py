"""Associations against closed forms, scipy and what chance gives."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xaiframe.precaution.relation.association import (
    contingency,
    corrected_v,
    correlation_ratio,
    cramers_v,
    pairs,
    spearman,
)


def test_cramers_v_by_hand():
    # φ² = 0.36, corrected by 1/99; both dimensions shrink to 2 − 1/99
    table = np.array([[40, 10], [10, 40]])
    expected = np.sqrt((0.36 - 1 / 99) / (2 - 1 / 99 - 1))

    assert corrected_v(table) == pytest.approx(expected)


def test_uncorrected_v_is_scipys_before_the_correction():
    random = np.random.default_rng(0)
    table = contingency(random.integers(0, 3, 500), random.integers(0, 4, 500))
    phi2 = stats.chi2_contingency(table, correction=False).statistic / 500
    corrected = max(phi2 - 6 / 499, 0) / (min(3 - 4 / 499, 4 - 9 / 499) - 1)

    assert corrected_v(table) == pytest.approx(np.sqrt(corrected))


def test_many_levels_do_not_look_like_association():
    random = np.random.default_rng(0)
    draws = [
        (random.integers(0, 20, 300), random.integers(0, 20, 300), random.normal(size=300))
        for _ in range(20)
    ]

    assert np.mean([cramers_v(a, b) for a, b, _ in draws]) < 0.06
    assert np.mean([correlation_ratio(a, c) for a, _, c in draws]) < 0.15
    # without correction 20 groups of 300 rows would give √(19/299) = 0.25 at once


def test_perfect_association_is_one():
    level = np.repeat([0, 1, 2], 30)

    assert cramers_v(level, 2 - level) == pytest.approx(1)
    assert correlation_ratio(level, level.astype(float)) == 1
    assert spearman(np.arange(9.0), -np.exp(np.arange(9.0))) == pytest.approx(1)


def test_correlation_ratio_is_one_minus_adjusted_anova():
    random = np.random.default_rng(1)
    groups = np.repeat([0, 1, 2], 40)
    values = random.normal(size=120) + groups
    parts = [values[groups == g] for g in range(3)]
    f = stats.f_oneway(*parts).statistic
    # ε² = (F − 1) ÷ (F + within df ÷ between df)
    assert correlation_ratio(groups, values) ** 2 == pytest.approx((f - 1) / (f + 117 / 2))


def test_pairs_of_every_kind():
    random = np.random.default_rng(2)
    base = random.normal(size=200)
    frame = pd.DataFrame(
        {
            "x": base,
            "copy": np.exp(base),
            "group": np.where(base > 0, "high", "low"),
            "same": np.where(base > 0, "up", "down"),
        }
    )
    frame.loc[:20, "copy"] = np.nan
    found = pairs(frame).set_index(["a", "b"])

    assert found.loc[("x", "copy"), "association"] == pytest.approx(1)
    assert found.loc[("group", "same"), "association"] == pytest.approx(1)
    assert found.loc[("x", "group"), "measure"] == "correlation ratio"
    assert set(found["measure"]) == {"Spearman", "Cramér's V", "correlation ratio"}
    assert len(found) == 6
    assert found["association"].is_monotonic_decreasing


def test_spearman_of_columns_is_scipys():
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.integers(0, 6, (100, 2)), columns=["a", "b"])

    expected = abs(stats.spearmanr(frame["a"], frame["b"]).statistic)
    assert pairs(frame)["association"][0] == pytest.approx(expected)
    assert spearman(frame["a"], frame["b"]) == pytest.approx(expected)


def test_undefined_is_nan_not_an_error():
    constant, odd = np.zeros(20), np.arange(20.0)

    assert np.isnan(spearman(constant, odd))
    assert np.isnan(cramers_v(constant, odd))
    assert np.isnan(correlation_ratio(np.arange(20), odd))
    apart = pd.DataFrame({"a": [1.0, 2.0] * 5 + [np.nan] * 10, "b": [np.nan] * 10 + [1.0, 2.0] * 5})
    assert pairs(apart)["association"].isna().all()
