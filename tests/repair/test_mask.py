"""Masked features are constant for the network, and the data keep them."""

from dataclasses import replace

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


def decoyed(pictures):
    """A patch of nine pixels: two name the class, in training and validation; three are strokes,
    as in the patch beside it."""
    random = np.random.default_rng(3)
    y = np.arange(400) % 2
    x = random.normal(size=(400, 1, 6, 6))
    x[:, 0, 0:3, 0] += 0.4 * y[:, None]
    x[:, 0, 0:3, 3] += 0.8 * y[:, None]
    x[:300, 0, 1, 1:3] = (3 * y - 1)[:300, None]
    return pictures(x, y)


def test_of_what_is_telling_only_the_mark_is_held_and_the_strokes_beside_it_stay(pictures, value):
    data = decoyed(pictures)
    made = Mask(["p0"], elements="telling")(data.train, data, {}, 0)
    [layer] = made.conduct.preparations
    mark = np.zeros((1, 6, 6), dtype=bool)
    mark[0, 1, 1:3] = True
    np.testing.assert_array_equal(layer.keep.numpy() == 0, mark)
    found = layer(torch.as_tensor(data.test.x)).numpy()
    np.testing.assert_array_equal(found[:, ~mark], data.test.x[:, ~mark])
    assert np.ptp(found[:, mark], axis=0).max() == 0
    assert value(made, "masked_elements") == 2
    assert made.tables["masked"].to_dict("list") == {
        "feature": ["p0"], "held": [2], "elements": [9],
    }  # fmt: skip


def test_what_is_telling_is_read_from_training_rows_alone(pictures):
    data = decoyed(pictures)
    random = np.random.default_rng(0)
    other = {
        name: replace(split, x=random.permuted(split.x, axis=0), y=1 - split.y)
        for name, split in data.splits.items()
        if name != "train"
    }
    layers = [
        Mask(["p0"], elements="telling")(one.train, one, {}, 0).conduct.preparations[0]
        for one in (data, replace(data, **other))
    ]
    assert torch.equal(layers[0].keep, layers[1].keep)


def test_a_word_that_is_none_of_the_choices_is_refused():
    with pytest.raises(ValueError, match="all or telling, not 'some'"):
        Mask(["a"], elements="some")
