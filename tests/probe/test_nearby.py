"""Distances to training rows, by their definitions."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.probe.nearby import Nearby, distances, nearest_other


def data_of(x, modality="table"):
    x = np.asarray(x, dtype=np.float32)
    part = Split(np.arange(len(x)), x, np.arange(len(x)) % 2, pd.DataFrame(index=range(len(x))))
    names = tuple(f"f{k}" for k in range(x.shape[1]))
    mask = np.arange(x.shape[1])
    return Data(modality, "classification", part, part, part, names, mask, ("no", "yes"))


class Counting:
    """Stands for a scorer."""

    def __init__(self):
        self.kept, self.asked = {}, 0

    def outputs(self, x):
        self.asked += len(x)
        return np.stack([x[:, 0], -x[:, 0]], axis=1)


def test_rows_are_apart_by_the_root_mean_square_in_standard_deviations():
    data = data_of(np.random.default_rng(0).normal(size=(40, 3)) * [1, 10, 100])
    a, b = data.train.x[:2], data.train.x[5:9]
    due = [[np.sqrt(np.mean(((one - other) / data.scale) ** 2)) for other in b] for one in a]
    np.testing.assert_allclose(distances(a, b, data), due, rtol=1e-5)


def test_messages_are_apart_by_the_words_that_only_one_has():
    data = data_of([[1, 2, 3, 0], [1, 2, 2, 1], [4, 5, 0, 0], [0, 0, 0, 0]], "text")
    x = data.train.x
    sets = [set(row[row != 0].tolist()) for row in x]
    due = [[1 - len(a & b) / max(len(a | b), 1) for b in sets] for a in sets]
    np.testing.assert_allclose(distances(x, x, data), due)


def test_the_nearest_other_is_never_the_row_itself():
    x = np.array([[0.0], [1.0], [3.0]] * 200)[:500] + np.arange(500)[:, None] * 10
    data = data_of(x)
    due = np.abs(x - x.T) + np.where(np.eye(500), np.inf, 0)
    np.testing.assert_allclose(nearest_other(x, data), due.min(axis=1) / data.scale[0], rtol=1e-4)
    assert len(nearest_other(x[:1], data)) == 0


def test_the_model_is_asked_about_the_sample_once():
    data, scorer = data_of(np.random.default_rng(1).normal(size=(30, 2))), Counting()
    nearby = Nearby.of(scorer, data, 10)
    assert Nearby.of(scorer, data, 10) is nearby
    assert (len(nearby.rows), scorer.asked) == (10, 10)
    among = nearby.rows.y == 1
    x = data.train.x[3]
    order = nearby.order(x, among)
    far = distances(x[None], nearby.rows.x, data)[0]
    assert sorted(order) == np.flatnonzero(among).tolist()
    assert (np.diff(far[order]) >= 0).all()
    assert nearby.apart(x[None], among)[0] == pytest.approx(far[among].min())
    assert np.isnan(nearby.apart(x[None], np.zeros(10, dtype=bool))).all()
    own = nearby.rows.x[among]
    np.testing.assert_allclose(nearby.usual(1), np.sort(nearest_other(own, data)))
