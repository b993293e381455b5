"""Points and models whose attacks have a closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.model.face import WhiteBox
from xaiframe.precaution.attacks.room import Room


@pytest.fixture
def data_of():
    """``data_of(x, y)``: a table of the numbers ``x``, the same rows in every split."""

    def build(x, y, task="classification"):
        split = Split(np.arange(len(x)), x, y, pd.DataFrame(x))
        names = tuple(f"x{k}" for k in range(x.shape[1]))
        classes = ("c0", "c1", "c2") if task == "classification" else ()
        return Data("table", task, split, split, split, names, np.arange(x.shape[1]), classes)

    return build


@pytest.fixture
def points(data_of):
    """600 rows of four numbers of different spread, and three classes."""
    random = np.random.default_rng(0)
    x = (random.normal(size=(600, 4)) * [1, 3, 10, 0.1]).astype(np.float32)
    return data_of(x, random.integers(0, 3, 600))


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return WhiteBox(nn.Linear(4, 3), "classification", ("c0", "c1", "c2"), ("gradient",))


@pytest.fixture
def curved():
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
    return WhiteBox(module, "classification", ("c0", "c1", "c2"), ("gradient",))


@pytest.fixture
def unbounded():
    """``unbounded(data, rows)``: a room of one standard deviation per radius, without walls."""

    def build(data, rows):
        step = np.broadcast_to(data.scale, rows.x.shape).copy()
        return Room(step, np.full_like(rows.x, -1e6), np.full_like(rows.x, 1e6))

    return build
