from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaiframe.probe.sampling import Draw, draw


@settings(max_examples=60, deadline=None)
@given(players=st.integers(0, 20), samples=st.integers(4, 300), seed=st.integers(0, 9))
def test_a_draw_is_paired_distinct_and_within_its_budget(players, samples, seed):
    drawn = draw(players, samples, np.random.default_rng(seed))
    assert 2 * len(drawn) == min(samples // 2 * 2, max(2**players - 2, 0))
    assert len(np.unique(drawn.coalitions, axis=0)) == 2 * len(drawn)
    size = drawn.masks.sum(axis=1)
    np.testing.assert_array_equal(size, drawn.size)
    assert (size >= 1).all()
    assert (2 * size <= players).all()
    assert drawn.exhaustive == (2 * len(drawn) == max(2**players - 2, 0))


@settings(max_examples=40, deadline=None)
@given(players=st.integers(2, 16), samples=st.integers(4, 300))
def test_share_is_the_part_of_each_size_that_was_drawn(players, samples):
    drawn = draw(players, samples, np.random.default_rng(0))
    for size in np.unique(drawn.size):
        pairs = comb(players, size) / (2 if 2 * size == players else 1)
        own = drawn.size == size
        np.testing.assert_allclose(drawn.share[own], own.sum() / pairs)


def test_single_players_are_taken_whole_from_four_coalitions_per_player_on():
    for players in (6, 13, 30, 64):
        drawn = draw(players, 4 * players, np.random.default_rng(0))
        assert (drawn.size == 1).sum() == players


def test_sizes_that_are_not_taken_whole_share_evenly():
    drawn = draw(31, 512, np.random.default_rng(0))
    counts = np.bincount(drawn.size)[2:]
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(("players", "samples"), [(6, 30), (7, 50), (8, 40)])
def test_every_coalition_of_a_size_is_equally_likely(players, samples):
    draws = [draw(players, samples, np.random.default_rng(seed)) for seed in range(1500)]
    for size in range(1, players // 2 + 1):
        seen = dict.fromkeys(combinations(range(players), size), 0)
        for drawn in draws:
            for mask in drawn.coalitions[drawn.coalitions.sum(axis=1) == size]:
                seen[tuple(np.flatnonzero(mask).tolist())] += 1
        share = draws[0].share[draws[0].size == size][0]
        tolerance = 5 * np.sqrt(len(draws) * share * (1 - share))
        assert max(abs(count - len(draws) * share) for count in seen.values()) <= tolerance


def test_standard_error_of_a_mean_is_that_of_a_finite_population():
    # Cochran, Sampling Techniques, eq. 2.20: variance (1 − f) s² / n without replacement.
    values = np.random.default_rng(0).normal(3, 1, size=(8, 1))
    drawn = Draw(np.eye(12, dtype=bool)[:8], np.ones(8, dtype=int), np.full(8, 8 / 12))
    expected = np.sqrt((1 - 8 / 12) * values.var(ddof=1) / 8)
    np.testing.assert_allclose(drawn.standard_error(values / 8), [expected])


def test_standard_error_is_nothing_when_all_was_seen():
    drawn = draw(5, 100, np.random.default_rng(0))
    assert drawn.exhaustive
    assert drawn.standard_error(np.ones((len(drawn), 3))).tolist() == [0, 0, 0]
