"""Masked features are constant for the network, and the data keep them."""

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.model.preparation import Holding, stored_preparations
from xaiframe.repair.mask import Mask


@pytest.fixture
def rows(table):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(5, 2, 200), "b": random.normal(size=200)})
    frame["level"] = random.choice(["u", "v", "w"], 200)
    return table(frame, (frame["a"] > 5).astype(int))


def test_masked_elements_are_held_at_their_training_mean(rows, value):
    made = Mask(["a", "level"])(rows.train, rows, {}, 0)
    [layer] = made.conduct.preparations
    for split in (rows.train, rows.test):
        found = layer(torch.as_tensor(split.x)).numpy()
        inside = np.isin(rows.feature_mask, [0, 2])
        mean = rows.train.x.mean(axis=0)
        np.testing.assert_allclose(found[:, inside], np.tile(mean[inside], (len(split), 1)), 1e-5)
        np.testing.assert_array_equal(found[:, ~inside], split.x[:, ~inside])
    np.testing.assert_array_equal(made.train.x, layer(torch.as_tensor(rows.train.x)).numpy())
    assert made.train.frame.equals(rows.train.frame)
    assert value(made, "masked_features") == 2
    assert value(made, "masked_elements") == 4
    assert made.tables["masked"]["feature"].tolist() == ["a", "level"]


def test_the_layer_is_read_back_from_stored_weights():
    layer = Holding(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]))
    state = {f"0.preparations.0_holding.{key}": one for key, one in layer.state_dict().items()}
    [again] = stored_preparations(state)
    assert again(torch.tensor([[5.0, 7.0]])).tolist() == [[5.0, 3.0]]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ([], "no feature is named"),
        (["z"], "no feature 'z'; some are a, b, level"),
        (["a", "b", "level"], "nothing would be left"),
    ],
)
def test_refusals(rows, named, said):
    with pytest.raises(NotApplicable, match=said):
        Mask(named)(rows.train, rows, {}, 0)
