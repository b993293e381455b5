"""Pairs of timings, aims, and the ways to solve that the comparisons rest on."""

import time

import numpy as np
import pytest

from benchmarks.one_bank import Curve, kept_mean, local_ridge, regression, two_means
from benchmarks.paired import Aim, Pairs, Seconds, pairs, spread


def every(players):
    return (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1


@pytest.mark.parametrize(
    ("aim", "ratio", "verdict"),
    [
        (Aim(least=3), 3.0, "met"),
        (Aim(least=3), 2.9, "missed"),
        (Aim(most=1.2), 1.2, "met"),
        (Aim(most=1.2), 1.3, "missed"),
        (Aim(most=1.2), float("nan"), "missed"),
    ],
)
def test_an_aim_is_met_up_to_its_bound(aim, ratio, verdict):
    assert aim.verdict(ratio) == verdict


def test_aims_and_spreads_read_well():
    assert (str(Aim(least=25)), str(Aim(most=1 / 3))) == ("≥ 25", "≤ 0.333")
    assert spread([1, 3, 2]) == "2.0 (1.0–3.0)"


def test_a_ratio_is_the_median_of_its_pairs():
    first = [Seconds(2, 9), Seconds(6, 9), Seconds(3, 9)]
    second = [Seconds(1, 3), Seconds(1, 3), Seconds(1, 9)]
    found = Pairs(first, second)
    assert (found.ratio, found.wall_ratios) == (3, [3, 3, 1])


def test_every_other_pair_begins_with_the_other_way_and_the_first_is_dropped():
    calls = []
    found = pairs(lambda: calls.append("a"), lambda: calls.append("b"), 2)
    assert "".join(calls) == "baabba"
    assert len(found.first) == len(found.second) == 2


def test_waiting_costs_the_wall_and_not_the_processor():
    found = pairs(lambda: time.sleep(0.05), lambda: None, 1)
    assert found.first[0].cpu < 0.04 <= found.first[0].wall


def test_with_all_coalitions_the_ways_agree_on_banzhaf_and_rise_is_half_of_it():
    worth = np.random.default_rng(0).normal(size=32)
    banzhaf = two_means(every(5), worth)
    np.testing.assert_allclose(regression(every(5), worth), banzhaf, atol=1e-12)
    np.testing.assert_allclose(2 * kept_mean(every(5), worth), banzhaf, atol=1e-12)


def test_without_ridge_the_local_surrogate_finds_a_linear_game():
    slopes = np.array([1.0, -2, 0.5])
    np.testing.assert_allclose(local_ridge(every(3), every(3) @ slopes, 0.0), slopes, atol=1e-9)


def test_a_curve_says_how_many_coalitions_an_error_takes():
    falling = Curve(np.array([10, 100, 1000]), np.array([1.0, 0.1, 0.01]))
    assert falling.needed(0.1) == pytest.approx(100)
    assert falling.needed(1e-9) == pytest.approx(1000)
    assert falling.at(100) == pytest.approx(0.1)
