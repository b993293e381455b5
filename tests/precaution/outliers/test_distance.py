"""Distances are scikit-learn's; a column's scale is not its outliers'."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.outliers.distance import coordinates, neighbourly, standardised


def test_the_scale_is_that_of_the_bulk():
    values = np.random.default_rng(0).normal(5, 2, 4000)
    values[:40] = 1e9
    scaled = standardised(values)
    assert np.std(scaled[40:]) == pytest.approx(1, abs=0.1)
    assert scaled[0] == 1e4


def test_counts_of_mostly_zeros_are_scaled_by_the_others():
    values = np.r_[np.zeros(90), 4.0, 6.0, 8.0, np.nan]
    assert standardised(values).tolist() == [0.0] * 90 + [4 / 6, 1, 8 / 6, 0]


def test_categories_are_one_apart_and_names_are_left_out():
    frame = pd.DataFrame({"k": ["x", "y"] * 10, "id": [f"r{k}" for k in range(20)], "one": 1.0})
    points, owners = coordinates(frame)
    assert set(owners) == {"k"}
    assert np.linalg.norm(points[0] - points[1]) == pytest.approx(1)


@pytest.mark.parametrize("reference", [30, 15])
def test_a_row_is_not_its_own_neighbour(reference):
    points = np.random.default_rng(0).normal(size=(30, 2))
    points[4, 1] = 50
    distance, column = neighbourly(points, ["a", "b"], 3, reference, 0)
    assert (distance > 0).all()
    assert distance.argmax() == 4
    assert column[4] == "b"
    if reference == 30:
        every = np.sort(np.linalg.norm(points - points[7], axis=1))
        assert distance[7] == pytest.approx(every[1:4].mean())
