import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.data.image import Images
from xaiframe.data.table import Table
from xaiframe.errors import RecipeError
from xaiframe.model.face import WhiteBox
from xaiframe.probe.reference import declare
from xaiframe.recipe import ReferenceConfig


@pytest.fixture(scope="module")
def table():
    return Table("builtin:breast_cancer", "diagnosis").data


def test_rows_come_from_the_training_split_and_weigh_one_together(table):
    reference = declare(ReferenceConfig(rows=20), table, 0)
    train = {row.tobytes() for row in table.train.x}
    assert all(row.tobytes() in train for row in reference.background)
    assert reference.weights.sum() == pytest.approx(1)
    assert len(reference.background) == 20


def test_another_seed_draws_another_background(table):
    one, two = (declare(ReferenceConfig(), table, seed) for seed in (0, 1))
    assert one.digest != two.digest
    assert one.digest == declare(ReferenceConfig(), table, 0).digest


def test_repeated_rows_are_merged_into_weights(table):
    same = np.repeat(table.train.x[:1], len(table.train), axis=0)
    split = type(table.train)(table.train.ids, same, table.train.y, table.train.frame)
    data = type(table)(**{**table.__dict__, "train": split})
    reference = declare(ReferenceConfig(rows=10), data, 0)
    assert reference.background.shape == (1, 30)
    np.testing.assert_array_equal(reference.weights, [1.0])


def test_the_mean_is_the_mean_and_zeros_are_black(table):
    mean = declare(ReferenceConfig(background="mean"), table, 0)
    np.testing.assert_allclose(mean.baseline, table.train.x.mean(axis=0), rtol=1e-4)
    black = declare(ReferenceConfig(background="zeros"), Images("builtin:digits").data, 0)
    assert black.background.shape == (1, 1, 8, 8)
    assert not black.background.any()


def test_a_named_target_holds_for_all_and_predicted_follows_the_model(table):
    torch.manual_seed(0)
    network = nn.Sequential(nn.LayerNorm(30), nn.Linear(30, 2))
    model = WhiteBox(network, "classification", table.classes, ())
    named = declare(ReferenceConfig(target="benign"), table, 0)
    assert set(named.targets(model, table.test.x)) == {1}
    predicted = declare(ReferenceConfig(), table, 0)
    np.testing.assert_array_equal(
        predicted.targets(model, table.test.x), model.predictions(table.test.x)
    )


def test_an_unknown_target_lists_the_classes(table):
    with pytest.raises(RecipeError, match="malignant, benign"):
        declare(ReferenceConfig(target="maligant"), table, 0)
