"""Orders of features against scipy and against enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, kendalltau, rankdata

from xaiframe.evaluation import ordering
from xaiframe.evaluation.ordering import concordance, kendall, mean_ranks, ranks, top_membership


def draws(seed, shape, levels=None):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=shape) if levels is None else rng.integers(0, levels, shape).astype(float)
    )


def test_places_in_the_top_are_shared_among_ties():
    found = top_membership(np.array([[4.0, -1, 1, 0], [0, 0, 0, 0], [1, 2, 3, 4]]), 2)
    np.testing.assert_allclose(found[0], [1, 0.5, 0.5, 0])
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[2], [0, 0, 1, 1])


@pytest.mark.parametrize("levels", [None, 4])
@pytest.mark.parametrize("together", [30, 10**6])
def test_kendall_is_scipys_tau_b_with_and_without_ties(levels, together, monkeypatch):
    monkeypatch.setattr(ordering, "TOGETHER", together)
    a, b = draws(0, (12, 9), levels), draws(1, (12, 9), levels)
    wanted = [kendalltau(x, y).statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(kendall(a, b), wanted)
    assert np.isnan(kendall(np.ones((1, 9)), b[:1])).all()
    a[0, 3] = np.nan
    assert np.isnan(kendall(a, b)[0])


def test_what_is_not_there_takes_no_part():
    a, b = draws(0, (5, 9)), draws(1, (5, 9))
    there = np.arange(9) < np.array([9, 6, 5, 4, 3])[:, None]
    cut = [row.sum() for row in there]
    wanted = [kendalltau(x[:n], y[:n]).statistic for x, y, n in zip(a, b, cut, strict=True)]
    np.testing.assert_allclose(kendall(a, b, there), wanted)
    found = ranks(a, there)
    for row, values, n in zip(found, a, cut, strict=True):
        np.testing.assert_allclose(row[:n], rankdata(-np.abs(values[:n])))
        assert np.isnan(row[n:]).all()


def test_a_row_without_an_order_has_no_ranks():
    found = ranks(np.array([[1.0, -1, 1], [3, -2, 1], [1, np.nan, 2]]))
    np.testing.assert_allclose(found[1], [1, 2, 3])
    assert np.isnan(found[[0, 2]]).all()


def test_each_direction_counts_once_in_the_mean_rank():
    """Borda by hand: three methods of one direction do not outvote the one of the other."""
    p, g = ranks(np.array([[3.0, 2, 1]])), ranks(np.array([[1.0, 3, 2]]))
    np.testing.assert_allclose(mean_ranks([[p, p, p], [g]]), [[2, 1.5, 2.5]])
    silent = ranks(np.array([[1.0, 1, 1]]))
    np.testing.assert_allclose(mean_ranks([[p, silent], [g]]), [[2, 1.5, 2.5]])
    np.testing.assert_allclose(mean_ranks([[p], []]), p)
    assert np.isnan(mean_ranks([[silent], [silent]])).all()


@pytest.mark.parametrize("levels", [None, 3])
def test_concordance_is_friedmans_statistic_over_its_largest(levels):
    methods = [ranks(draws(seed, (6, 7), levels) + 1) for seed in range(4)]
    found = concordance(methods)
    for row in range(6):
        columns = np.stack([one[row] for one in methods])
        if not np.isfinite(columns).all():
            continue
        statistic = friedmanchisquare(*columns.T).statistic
        assert found[row] == pytest.approx(statistic / (4 * (7 - 1)))


def test_concordance_is_one_for_one_order_and_a_fraction_for_unrelated_ones():
    same = ranks(draws(0, (5, 8)))
    np.testing.assert_allclose(concordance([same, same, same]), 1)
    opposed = ranks(1 / draws(0, (5, 8)))
    np.testing.assert_allclose(concordance([same, opposed]), 0, atol=1e-12)
    unrelated = concordance([ranks(draws(seed, (400, 8))) for seed in range(4)])
    assert unrelated.mean() == pytest.approx(1 / 4, abs=0.02)
    alone = concordance([same, ranks(np.ones((5, 8)))])
    assert np.isnan(alone).all()


def test_kendall_counts_pairs_of_features():
    a, b = np.array([[4.0, 3, 2, 1]]), np.array([[4.0, 1, 3, 2]])
    pairs = list(combinations(range(4), 2))
    same = sum((a[0, i] > a[0, j]) == (b[0, i] > b[0, j]) for i, j in pairs)
    assert kendall(a, b)[0] == pytest.approx((same - (len(pairs) - same)) / len(pairs))
