"""Column shifts against scipy and closed forms; null laws against simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from xaiframe.precaution.drift.shift import (
    compare,
    homogeneity,
    jensen_shannon_null,
    level_counts,
    proportions_z,
    psi,
    psi_null,
    quantile_counts,
    wasserstein_null,
)


def test_psi_by_hand():
    table = np.array([[50, 50], [20, 80]])
    p, q = 50.5 / 101, 20.5 / 101
    expected = (q - p) * np.log(q / p) + (p - q) * np.log((1 - q) / (1 - p))

    assert psi(table) == pytest.approx(expected)
    assert psi(np.array([[10, 30], [20, 60]])) == pytest.approx(0, abs=1e-3)
    assert np.isfinite(psi(np.array([[10, 0], [0, 10]])))


@pytest.mark.parametrize(("n", "m"), [(100, 100), (340, 140), (1000, 200)])
def test_psi_null_law_holds(n, m):
    """THRESHOLDS: at n = m = 100 a PSI above 0.10 is the rule, not the exception."""
    random, exceeded, crude = np.random.default_rng(n), 0, 0
    for _ in range(800):
        stability = psi(quantile_counts(random.normal(size=n), random.normal(size=m), 10))
        exceeded += stability > psi_null(n, m, 10, 0.05)
        crude += stability > 0.1
    assert exceeded / 800 == pytest.approx(0.05, abs=0.02)
    if n == m:
        assert crude / 800 > 0.7


def test_wasserstein_null_law_holds():
    random, exceeded = np.random.default_rng(0), 0
    for k in range(150):
        a, b = random.exponential(size=300), random.exponential(size=120)
        limit = wasserstein_null(a, b, (0.05,), seed=k, draws=60, limit=300)[0]
        exceeded += stats.wasserstein_distance(a, b) / a.std(ddof=1) > limit
    assert exceeded / 150 == pytest.approx(0.05, abs=0.045)


def test_jensen_shannon_null_law_holds():
    random, chance = np.random.default_rng(1), np.array([0.5, 0.3, 0.2])
    draws = [
        jensenshannon(random.multinomial(800, chance), random.multinomial(400, chance), base=2)
        for _ in range(2000)
    ]
    limit = jensen_shannon_null(800, 400, 3, 0.05)
    assert np.mean(np.array(draws) > limit) == pytest.approx(0.05, abs=0.015)


def test_numbers_are_compared_as_scipy_does():
    random = np.random.default_rng(2)
    a, b = pd.Series(random.normal(size=300)), pd.Series(random.normal(0.3, 1, size=150))
    tested, distance = (compare(a, b, 10, large, 1, 0) for large in (False, True))

    found = stats.ks_2samp(a, b, method="asymp")
    assert (tested.test, tested.statistic, tested.p_value) == ("KS", found.statistic, found.pvalue)
    assert tested.effect == found.statistic
    assert distance.effect == pytest.approx(stats.wasserstein_distance(a, b) / a.std())
    assert np.isnan(distance.p_value)
    assert distance.null95 < distance.null99


def test_binary_z_squared_is_chi_squared():
    table = np.array([[60, 40], [30, 70]])
    name, z, p_value = homogeneity(table)

    assert name == "Z"
    assert z**2 == pytest.approx(stats.chi2_contingency(table, correction=False).statistic)
    assert p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert proportions_z(60, 30, 100, 100) == pytest.approx(z)


def test_rare_levels_go_to_an_exact_test():
    table = np.array([[98, 2], [50, 0]])

    assert homogeneity(table)[0] == "Fisher"
    assert homogeneity(table)[2] == pytest.approx(stats.fisher_exact(table).pvalue)
    assert homogeneity(np.array([[100], [50]])) == ("constant", 0.0, 1.0)


def test_levels_too_rare_are_pooled():
    a = pd.Series(["x"] * 60 + ["y"] * 36 + ["u", "v", "w", None])
    counts = level_counts(a, pd.Series(["x"] * 70 + ["y"] * 30))

    assert sorted(counts.T.tolist()) == [[4, 0], [36, 30], [60, 70]]
    # 1 and 1.0 are one level
    assert level_counts(pd.Series([1] * 50), pd.Series([1.0] * 50)).tolist() == [[50], [50]]


def test_quantile_bins_hold_equal_shares_and_count_gaps():
    a = np.arange(100.0)
    table = quantile_counts(a, np.append(a[:50], [np.nan] * 10), 10)

    assert table[0].tolist() == [10] * 10 + [0]
    assert table[1].tolist() == [10] * 5 + [0] * 5 + [10]


def test_a_constant_that_stays_is_no_shift():
    same = pd.Series(np.ones(100))

    for large in (False, True):
        found = compare(same, same, 10, large, 1, 0)
        assert (found.effect, found.psi) == (0, 0)
    assert compare(same, same + 1, 10, False, 1, 0).p_value < 1e-10
    assert compare(same, pd.Series(np.arange(100.0)), 10, True, 1, 0).effect > 0.8
