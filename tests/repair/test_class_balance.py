"""Class balance against scikit-learn's weights and against what a sampler draws."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from xaiframe.data.module import Ready
from xaiframe.errors import NotApplicable
from xaiframe.repair.class_balance import ClassBalance


@pytest.fixture
def lopsided(table):
    y = (np.arange(500) % 10 == 0).astype(int)
    return table(pd.DataFrame({"a": np.arange(500.0)}), y)


def test_weights_are_scikit_learns_balanced_ones(lopsided, value):
    made = ClassBalance()(lopsided.train, lopsided, {}, 0)
    truth = compute_sample_weight("balanced", lopsided.train.y)
    np.testing.assert_allclose(made.train.weight, truth, rtol=1e-5)
    assert value(made, "rarest_weight") == pytest.approx(5)


def test_the_sampler_fills_every_epoch_with_equal_classes(lopsided):
    made = ClassBalance("sampler")(lopsided.train, lopsided, {}, 0)
    assert made.train.weight is None
    module = Ready(type(lopsided)(**{**vars(lopsided), "train": made.train}))
    drawn = np.concatenate(
        [batch["y"] for _ in range(30) for batch in module.train_dataloader()][:300]
    )
    assert np.mean(drawn) == pytest.approx(0.5, abs=0.03)


def test_two_epochs_draw_differently_and_the_same_seed_draws_the_same(lopsided):
    made = ClassBalance("sampler")(lopsided.train, lopsided, {}, 0)
    module = Ready(type(lopsided)(**{**vars(lopsided), "train": made.train}))
    loader = module.train_dataloader()
    one, other = (np.concatenate([b["id"] for b in loader]) for _ in range(2))
    again = np.concatenate([b["id"] for b in module.train_dataloader()])
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, again)


def test_one_class_or_no_classes_have_nothing_to_balance(table):
    frame = pd.DataFrame({"a": np.arange(100.0)})
    single = table(frame, np.arange(100) % 20 == 0)
    only = single.train.take(np.flatnonzero(single.train.y == 0))
    with pytest.raises(NotApplicable, match="only one class"):
        ClassBalance()(only, single, {}, 0)
    numbers = table(frame, np.arange(100.0), "regression")
    with pytest.raises(NotApplicable, match="no classes"):
        ClassBalance()(numbers.train, numbers, {}, 0)


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="weights or sampler"):
        ClassBalance("both")
