from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from xaiframe.evaluation.statistics import (
    mean,
    rank_correlation,
    rank_correlations,
    ratio,
    relabelled,
    shares,
)


def test_rank_correlations_are_scipys_row_by_row():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(6, 9)), rng.integers(0, 4, size=(6, 9)).astype(float)
    expected = [spearmanr(x, y).statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(rank_correlations(a, b), expected, atol=1e-12)


@pytest.mark.parametrize(
    "row",
    [[2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [1.0, np.nan, 2.0], [1.0, np.inf, 2.0], [1, 1 + 1e-9, 1]],
)
def test_a_row_without_an_order_has_no_rank_correlation(row):
    found = rank_correlations(np.array([row, [1, 2, 3]]), np.array([[3.0, 1, 2], [1, 2, 3]]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.integers(0, 5))
def test_a_mean_lies_in_its_interval(values, seed):
    found = mean(np.array(values), seed)
    assert found.value == pytest.approx(np.mean(values))
    if found.interval:
        slack = 1e-9 * (1 + max(map(abs, values)))
        assert min(values) - slack <= found.interval[0] <= found.interval[1] <= max(values) + slack


def test_the_interval_of_a_mean_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = 0
    for seed in range(200):
        low, high = mean(rng.normal(5, 2, size=30), seed).interval
        covered += low <= 5 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_undefined_instances_are_left_out_and_counted():
    found = mean(np.array([1.0, np.nan, 3.0]), 0, "the weather is bad")
    assert (found.value, found.n) == (2, 2)
    assert found.reason == "the weather is bad for 1 of 3 instances"
    nothing = mean(np.array([np.nan]), 0)
    assert (nothing.value, nothing.interval, nothing.n) == (None, None, 0)
    assert nothing.fact("x", {}).reason


def test_the_same_seed_gives_the_same_interval_and_leaves_the_global_state_alone():
    values = np.random.default_rng(2).normal(size=20)
    before = np.random.get_state()[1].copy()
    assert mean(values, 4) == mean(values, 4)
    assert mean(values, 4).interval != mean(values, 5).interval
    assert (np.random.get_state()[1] == before).all()


def test_a_ratio_is_mean_over_mean_and_says_when_there_is_nothing_below():
    found = ratio(np.array([1.0, 3.0]), np.array([2.0, 6.0]), 0)
    assert found.value == pytest.approx(0.5)
    np.testing.assert_allclose(found.interval, [0.5, 0.5])
    assert ratio(np.ones(3), np.zeros(3), 0).value is None


def test_a_rank_correlation_of_two_columns_is_scipys_and_excludes_zero_when_strong():
    rng = np.random.default_rng(3)
    u = rng.normal(size=40)
    v = u + rng.normal(size=40) * 0.3
    found = rank_correlation(u, v, 0)
    assert found.value == pytest.approx(spearmanr(u, v).statistic)
    assert found.interval[0] > 0
    assert rank_correlation(u, np.zeros(40), 0).reason == "constant over the instances"


def test_chance_is_centred_on_zero_and_as_wide_as_one_shared_order_makes_it():
    order = np.arange(20.0)
    same = np.tile(order, (50, 1))
    null = relabelled(same, same, 2000, np.random.default_rng(0))
    # One permutation of 20 ranks has standard deviation 1 / sqrt(19), however many instances.
    assert abs(null.mean()) < 0.02
    assert null.std() == pytest.approx(1 / np.sqrt(19), rel=0.08)


def test_shares_keep_signs_and_sum_to_one_in_magnitude():
    found = shares(np.array([[1.0, -3.0], [0.0, 0.0], [np.inf, 1.0]]))
    np.testing.assert_allclose(found[0], [0.25, -0.75])
    assert np.isnan(found[1:]).all()


def test_what_is_not_there_takes_no_part():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 4, 9))
    there = np.zeros((4, 9), dtype=bool)
    for row, count in enumerate((9, 6, 4, 1)):
        there[row, :count] = True
    found = rank_correlations(np.where(there, a, 0), np.where(there, b, 0), there)
    expected = [spearmanr(a[row, :n], b[row, :n]).statistic for row, n in ((0, 9), (1, 6), (2, 4))]
    np.testing.assert_allclose(found[:3], expected)
    assert np.isnan(found[3])


def test_the_chance_of_rows_of_unequal_length_is_that_of_their_own_features():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 300, 8))
    there = np.zeros((300, 8), dtype=bool)
    there[:, :5] = True
    chance = relabelled(a, b, 200, rng, magnitude=True, there=there)
    orders = np.array(list(permutations(range(5))))
    ranks = orders - 2.0
    exact = np.abs(ranks @ ranks[0] / 10).mean()
    assert chance.mean() == pytest.approx(exact, abs=0.01)
