"""Which elements of a patch tell the class is known by how the pictures are made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_predict

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.probe.telling import above_chance, alone, some, telling

ROWS = 300


@pytest.fixture
def noise():
    """Pictures ``(n, 2, 2, 6)`` of noise in three patches of 2×2 pixels, and four classes."""
    random = np.random.default_rng(7)
    return random.normal(size=(ROWS, 2, 2, 6)).astype(np.float32), np.arange(ROWS) % 4


def pictures(x, y, modality="image") -> Data:
    mask = np.broadcast_to(np.arange(6) // 2, x.shape[1:]).copy()
    rows = Split(np.arange(len(x)), x, y, pd.DataFrame(index=range(len(x))))
    classes = () if y.dtype.kind == "f" else tuple("abcd")
    task = "classification" if classes else "regression"
    return Data(modality, task, rows, rows, rows, ("p0", "p1", "p2"), mask, classes)


def marked(*places):
    found = np.zeros((2, 2, 6), dtype=bool)
    for place in places:
        found[place] = True
    return found


def test_a_mark_in_one_pixel_of_one_channel_is_what_tells(noise):
    x, y = noise
    x[:, 1, 0, 3] = np.array([5, 1, 7, 3])[y]
    data = pictures(x, y)
    np.testing.assert_array_equal(
        telling(data, data.train, np.array([1]), 0.2, 0), marked((1, 0, 3))
    )


def test_marks_are_found_in_each_feature_that_is_named_and_in_no_other(noise):
    x, y = noise
    places = [(0, 1, 1), (0, 0, 2), (0, 1, 2), (1, 1, 5)]
    for channel, row, column in places:
        x[:, channel, row, column] = y + 0.1 * x[:, channel, row, column]
    data = pictures(x, y)
    found = telling(data, data.train, np.array([0, 1]), 0.2, 0)
    np.testing.assert_array_equal(found, marked(*places[:3]))


def test_a_number_to_be_predicted_is_told_by_its_own_element(noise):
    x, _ = noise
    y = np.random.default_rng(2).normal(size=ROWS).astype(np.float32)
    x[:, 0, 1, 4] = np.abs(y) + 3 * (y > 0)
    data = pictures(x, y)
    np.testing.assert_array_equal(
        telling(data, data.train, np.array([2]), 0.2, 0), marked((0, 1, 4))
    )


def test_what_two_pixels_tell_only_together_does_not_stay_whole(noise):
    """A parity: no pixel tells anything alone, so that no order by what each tells helps."""
    x, y = noise
    x[:, 0, 0, 0], x[:, 0, 1, 0] = np.sign(x[:, 0, 0, 0]), np.sign(x[:, 0, 1, 0])
    y = (x[:, 0, 0, 0] * x[:, 0, 1, 0] > 0).astype(int)
    data = replace(pictures(x, y), classes=("a", "b"))
    found = telling(data, data.train, np.array([0]), 0.3, 0)
    assert found[0, 0, 0] or found[0, 1, 0]


def test_a_patch_that_tells_no_more_than_the_others_is_taken_whole(noise):
    data = pictures(*noise)
    found = telling(data, data.train, np.array([2]), 0.5, 0)
    np.testing.assert_array_equal(found, data.feature_mask == 2)


def test_a_column_of_a_table_is_one_whatever_its_indicators_tell(noise):
    x, y = noise
    x[:, 0, 0, 0] = y
    data = pictures(x.reshape(ROWS, -1)[:, :6].reshape(ROWS, 1, 1, 6), y, "table")
    found = telling(data, data.train, np.array([0]), 0.2, 0)
    np.testing.assert_array_equal(found, data.feature_mask == 0)


def test_alone_is_the_out_of_fold_answer_of_a_forest_on_those_elements(noise):
    x, y = noise
    x[:, 0, 0, 0] += y
    data = pictures(x, y)
    inside = data.feature_mask == 0
    forest = RandomForestClassifier(20, min_samples_leaf=3, random_state=5)
    wanted = cross_val_predict(forest, x[:, :, :, :2].reshape(ROWS, -1), y, cv=3)
    answers = alone(data, data.train, inside, 5)
    np.testing.assert_array_equal(answers, wanted)
    assert above_chance(data, y, answers) == pytest.approx(
        balanced_accuracy_score(y, wanted, adjusted=True)
    )


def test_what_never_varies_tells_nothing_and_two_rows_a_class_are_refused(noise):
    x, y = noise
    x[:, :, :, :2] = 4
    data = pictures(x, y)
    assert above_chance(data, y, alone(data, data.train, data.feature_mask == 0, 0)) == 0
    few = data.train.take(np.array([0, 4, 1, 5]))
    with pytest.raises(NotApplicable, match="cannot be parted"):
        alone(data, few, data.feature_mask == 1, 0)


def test_rows_are_drawn_in_their_order(noise):
    train = pictures(*noise).train
    drawn = some(train, 40, np.random.default_rng(0))
    assert len(drawn) == 40
    assert (np.diff(drawn.ids) > 0).all()
    assert some(train, ROWS, np.random.default_rng(0)) is train
