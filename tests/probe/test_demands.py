"""Thresholds between training values, and what a table's rule draws from."""

import numpy as np
import pytest

from xaiframe.probe.demands import thresholds


@pytest.mark.parametrize("bins", [2, 5, 20])
def test_thresholds_part_the_values_into_bins_alike_in_size(bins):
    values = np.random.default_rng(0).normal(size=400)
    cuts = thresholds(values, bins)
    assert len(cuts) == bins - 1
    assert not np.isin(cuts, values).any()
    counts = np.bincount(np.searchsorted(cuts, values))
    assert np.abs(counts - 400 / bins).max() <= 1


def test_few_values_have_a_threshold_between_any_two():
    cuts = thresholds(np.array([0.0, 0.2, 0.2, 5.0, np.nan]), 20)
    assert len(cuts) == 2
    assert 0 < cuts[0] < 0.2 < cuts[1] < 5
    np.testing.assert_array_equal(thresholds(np.array([3.0, 1.0, 2.0]), 20), [1, 2])
    assert len(thresholds(np.array([2.0, 2.0, np.nan]), 20)) == 0


def test_where_one_value_is_most_of_a_column_it_is_parted_from_the_others():
    values = np.concatenate([np.zeros(900), np.arange(1, 101)])
    cuts = thresholds(values, 20)
    assert cuts[0] == 0  # at most 0, or above
    assert len(cuts) <= 3
    top = thresholds(np.concatenate([np.full(900, 9.0), np.arange(8)]), 4)
    assert top[-1] < 9
