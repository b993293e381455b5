"""Prototypes against every possible set, discrepancies against their definition."""

from itertools import combinations

import numpy as np
import pytest

from xaiframe.probe.kernel import (
    bounded,
    criticisms,
    discrepancy,
    gaussian,
    median_width,
    prototypes,
    witness,
)


def far(x):
    x = np.asarray(x, dtype=float)
    return np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=2))


@pytest.fixture
def clusters():
    """Two tight clusters of six rows each, and one row far from both, the last."""
    rng = np.random.default_rng(2)
    return np.concatenate(
        [rng.normal(0, 0.05, (6, 2)), rng.normal(4, 0.05, (6, 2)), [[4.0, -20.0]]]
    )


def test_the_width_is_the_median_distance():
    assert median_width(far([[0.0], [1.0], [3.0], [3.0]])) == pytest.approx(2.0)
    assert median_width(np.zeros((3, 3))) == 1.0


def test_the_discrepancy_is_the_distance_of_the_mean_embeddings():
    """With explicit features the MMD² is a squared distance of means."""
    features = np.random.default_rng(0).normal(size=(7, 3))
    kernel, chosen = features @ features.T, np.array([1, 4, 5])
    due = ((features.mean(axis=0) - features[chosen].mean(axis=0)) ** 2).sum()
    assert discrepancy(kernel, chosen) == pytest.approx(due)
    assert discrepancy(kernel, np.arange(7)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_greedy_choice_is_as_good_as_known_and_each_step_the_best(seed):
    x = np.random.default_rng(seed).normal(size=(9, 2))
    kernel = gaussian(far(x), median_width(far(x)))
    base = kernel.mean()
    found = prototypes(kernel, 3)
    first = min(range(9), key=lambda one: discrepancy(kernel, np.array([one])))
    assert found[0] == first
    for size in range(2, len(found) + 1):
        before = found[: size - 1]
        others = [one for one in range(9) if one not in before]
        best = min(others, key=lambda one: discrepancy(kernel, np.array([*before, one])))
        assert found[size - 1] == best
    best = min(discrepancy(kernel, np.array(one)) for one in combinations(range(9), 3))
    worth = base - discrepancy(kernel, np.array(found))
    assert worth >= (1 - 1 / np.e) * (base - best)


def test_two_clusters_get_one_prototype_each_and_the_outlier_is_a_criticism(clusters):
    kernel = gaussian(far(clusters), 1.0)
    found = prototypes(kernel, 2)
    assert sorted(one // 6 for one in found) == [0, 1]
    assert criticisms(kernel, found, 1) == [12]
    assert witness(kernel, found).argmax() == 12


def test_criticisms_are_the_greedy_best_of_witness_and_determinant():
    x = np.random.default_rng(4).normal(size=(8, 2))
    kernel = gaussian(far(x), 0.7)
    stand = prototypes(kernel, 2)
    size = np.maximum(witness(kernel, stand), 0)
    due = []
    for _ in range(3):

        def worth(one):
            own = [*due, one]
            inside = kernel[np.ix_(own, own)] + 1e-6 * np.eye(len(own))
            return size[own].sum() + np.linalg.slogdet(inside)[1]

        due.append(max((k for k in range(8) if k not in stand and k not in due), key=worth))
    assert criticisms(kernel, stand, 3) == due


def test_equal_rows_are_no_second_prototype_and_do_not_break_the_determinant():
    kernel = gaussian(far(np.zeros((5, 2))), 1.0)
    assert prototypes(kernel, 3) == [0]
    assert criticisms(kernel, [0], 9) == []
    twice = gaussian(far([[0.0]] * 6 + [[5.0]] * 2), 1.0)
    assert criticisms(twice, [0], 9) == [6, 7]


def test_the_bound_is_known_only_for_rows_that_are_hardly_alike():
    assert bounded(np.eye(4))
    assert bounded(np.ones((1, 1)))
    assert not bounded(gaussian(far([[0.0], [1.0], [2.0]]), 1.0))
