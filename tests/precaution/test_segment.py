"""Segments: they cover the rows, find a planted weakness, and know what chance finds."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.segment import chance, differences, leaves, slices

CUTS = np.array([0.25, 0.5, 0.75])


def test_slices_of_a_column_cover_every_row_once(hostile):
    for name in hostile:
        found = list(slices(hostile[[name]], CUTS))
        covered = np.sum([one.rows for one in found], axis=0)
        assert covered.max() == 1
        if name != "id":
            assert covered.min() == 1
        assert len({one.name for one in found}) == len(found)


def test_difference_by_hand():
    credit = np.array([1.0, 1, 0, 0])
    membership = np.array([[True, True, False, False], [False, True, True, True]])

    np.testing.assert_allclose(differences(membership, credit), [0.5, 1 / 3 - 0.5])


def test_a_weak_corner_of_two_columns_is_a_leaf():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(400, 3)), columns=list("abc"))
    corner = (frame["a"] > 0) & (frame["b"] > 0)
    found = leaves(frame, np.where(corner, 0.0, 1.0), 30, 0)
    worst = min(found, key=lambda one: np.where(corner, 0.0, 1.0)[one.rows].mean())

    assert "a > " in worst.name
    assert "b > " in worst.name
    assert (worst.rows == corner.to_numpy()).mean() > 0.97


def test_chance_covers_the_weakest_of_random_errors():
    random, weaker = np.random.default_rng(1), 0
    for seed in range(20):
        frame = pd.DataFrame(random.normal(size=(200, 3)), columns=list("abc"))
        credit = (random.random(200) < 0.9).astype(float)
        fixed = [one for one in slices(frame, CUTS) if one.rows.sum() >= 30]
        every = np.stack([one.rows for one in [*fixed, *leaves(frame, credit, 30, seed)]])
        null = chance(frame, np.stack([one.rows for one in fixed]), credit, 30, seed)
        weaker += differences(every, credit).min() < np.quantile(null, 0.05)
    assert weaker <= 4


def test_nothing_numeric_has_no_leaves():
    frame = pd.DataFrame({"level": ["x", "y"] * 50})

    assert leaves(frame, np.ones(100), 30, 0) == []
    assert chance(frame, np.ones((1, 100), bool), np.ones(100), 30, 0) == pytest.approx(0)
