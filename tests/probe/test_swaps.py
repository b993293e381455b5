"""Few swaps that bring about an answer, held against all sets of swaps by enumeration."""

from itertools import product

import numpy as np
import pytest

from xaiframe.data.encoding import Identity
from xaiframe.probe.swaps import OWN, Cells, Parts, ladder, leaders, nearest, pruned, searched


def cells(own, options):
    own, options = np.asarray(own, float), np.asarray(options, float)
    return Cells((options != own).T, False, own, options, Identity())


def linear(weights, least):
    return lambda x: np.asarray(x, float) @ weights - least


def smallest(swaps, lead):
    """Fewest swaps of all sets of them."""
    features, options = swaps.open.shape
    sets = np.array(list(product(range(-1, options), repeat=features)))
    able = lead(swaps.inputs(sets)) > 0
    return (sets[able] != OWN).sum(axis=1).min() if able.any() else None


@pytest.mark.parametrize("seed", range(8))
def test_of_a_weighted_sum_the_fewest_swaps_are_found(seed):
    random = np.random.default_rng(seed)
    swaps = cells(np.zeros(5), random.normal(size=(2, 5)))
    lead = linear(random.uniform(0.5, 2, 5), random.uniform(0.5, 3))
    found = searched(swaps, lead, 3, 5)
    due = smallest(swaps, lead)
    assert (due is None) == (len(found) == 0)
    if due is not None:
        assert (found != OWN).sum(axis=1).min() == due
        assert (lead(swaps.inputs(found)) > 0).all()
        for one in found:  # none of its swaps can be taken back
            for f in np.flatnonzero(one != OWN):
                fewer = one.copy()
                fewer[f] = OWN
                assert lead(swaps.inputs(fewer[None]))[0] <= 0


def test_no_more_than_so_many_are_swapped_and_only_what_is_open():
    swaps = cells(np.zeros(4), np.ones((1, 4)))
    lead = linear(np.ones(4), 2.5)
    assert len(searched(swaps, lead, 2, 2)) == 0
    two = searched(swaps, lead, 2, 3) != OWN
    assert two.tolist() == [[False, True, True, True], [True, True, True, False]]
    assert searched(cells(np.ones(4), np.ones((1, 4))), lead, 2, 3).shape == (0, 4)


def test_parts_of_one_picture_come_from_one_other():
    mask = np.array([[0, 0, 1], [2, 2, 1]])
    donors = np.stack([np.full((2, 3), 1.0), np.full((2, 3), 2.0)])
    swaps = Parts(np.ones((3, 2), dtype=bool), True, np.zeros((2, 3)), donors, mask)
    np.testing.assert_array_equal(swaps.inputs(np.array([[1, OWN, 0]])), [[[2, 2, 0], [1, 1, 0]]])

    def lead(x):
        return x.reshape(len(x), -1).sum(axis=1) - 5.5

    found = searched(swaps, lead, 3, 3)
    for one in found:
        assert len(set(one[one != OWN])) == 1
    assert (found != OWN).sum(axis=1).min() == 2


def test_swaps_that_do_nothing_are_taken_back():
    swaps = cells(np.zeros(3), np.ones((1, 3)))
    kept = pruned(swaps, linear(np.array([1.0, 0.1, 0.0]), 0.9), np.zeros(3, dtype=int))
    assert kept.tolist() == [0, OWN, OWN]


def test_the_leaders_are_one_per_feature():
    assert leaders(np.array([0, 0, 1, 2]), np.array([1.0, 3.0, 2.0, 9.0])).tolist() == [3, 1, 2]


def test_a_ladder_holds_values_that_are_there():
    values = np.array([3.0, np.nan, 1.0, 2.0, 2.0])
    assert ladder(values, 5).tolist() == [1, 2, 3]
    long = ladder(np.arange(1000.0), 16)
    assert (len(long), long[0], long[-1]) == (16, 0, 999)


@pytest.mark.parametrize("turn", [0, 1, 17, 100, 255, 256])
def test_the_first_rung_that_does_it_is_found(turn):
    rungs = np.arange(256.0)
    asked = []

    def lead(rows):
        asked.append(len(rows))
        return rows[:, 1] - turn + 0.5

    found = nearest(np.zeros((1, 2)), np.array([1]), [rungs], lead, 16)
    assert np.isnan(found[0]) if turn == 256 else found[0] == turn
    assert sum(asked) <= 32
    assert max(asked) <= 16
