"""What moves, and between which values; tables with gaps and levels in the tests of attacks."""

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.probe.movable import ends, movable, numeric


def data_of(modality, train):
    part = Split(np.arange(len(train)), train, np.zeros(len(train)), pd.DataFrame())
    mask = np.arange(train[0].size).reshape(train.shape[1:])
    names = tuple(f"f{k}" for k in range(train[0].size))
    return Data(modality, "regression", part, part, part, names, mask)


def test_the_ends_are_those_of_training_and_of_the_row_itself():
    table = np.array([[0.0, 5], [2, 7]], dtype=np.float32)
    low, high = ends(data_of("table", table), np.array([[3.0, 6]], dtype=np.float32))
    assert (low.tolist(), high.tolist()) == ([[0, 5]], [[3, 7]])
    series = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    low, high = ends(data_of("series", series), series[:1])
    assert low[0].tolist() == [[0] * 3, [3] * 3]
    assert high[0].tolist() == [[8] * 3, [11] * 3]
    picture = np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2)
    low, high = ends(data_of("image", picture), picture[:1])
    assert (low == 0).all()
    assert (high == 7).all()


def test_all_of_a_picture_moves():
    picture = np.zeros((2, 1, 2, 2), dtype=np.float32)
    assert movable(data_of("image", picture), picture).all()
    assert numeric(data_of("table", np.zeros((2, 3), dtype=np.float32))).tolist() == [True] * 3
