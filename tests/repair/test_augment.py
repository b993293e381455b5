"""Augmented copies: what may move moves, what names the label stays."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.repair.augment import Augment
from xaiframe.repair.augmenting.moving import moved

STILL = {"noise": 0, "shift": 0, "scaling": 0, "mixing": 0, "word_dropout": 0, "word_swaps": 0}


@pytest.mark.parametrize("modality", ["table", "image", "series", "text"])
def test_copies_stand_behind_the_rows_with_ids_and_labels(modality, every):
    data = every[modality]
    made = Augment(copies=2)(data.train, data, {}, 0)
    n = len(data.train)
    assert len(made.train) == 3 * n
    np.testing.assert_array_equal(made.train.ids[:n], data.train.ids)
    np.testing.assert_array_equal(made.train.x[:n], data.train.x)
    np.testing.assert_array_equal(made.train.y, np.tile(data.train.y, 3))
    assert made.train.ids[n:].min() > 199
    assert made.tables["origins"]["copied_from"].tolist() == data.train.ids.tolist() * 2


@pytest.mark.parametrize("modality", ["table", "image", "series", "text"])
def test_strength_zero_copies_exactly(modality, every):
    data = every[modality]
    made = Augment(**STILL)(data.train, data, {}, 0)
    n = len(data.train)
    np.testing.assert_allclose(made.train.x[n:], data.train.x, rtol=1e-6, atol=1e-6)


def test_a_tables_levels_dates_and_gaps_stay_and_whole_numbers_are_whole(every):
    data = every["table"]
    made = Augment(noise=1.0)(data.train, data, {}, 0)
    n, frame = len(data.train), made.train.frame
    for name in ("level", "when"):
        assert frame[name][n:].astype(str).tolist() == data.train.frame[name].astype(str).tolist()
    np.testing.assert_array_equal(frame["b"][n:].isna(), data.train.frame["b"].isna())
    copies = frame["c"][n:].astype(float)
    assert (copies == copies.round()).all()
    assert copies.between(data.train.frame["c"].min(), data.train.frame["c"].max()).all()
    assert not np.allclose(made.train.x[n:], data.train.x)


def test_frame_and_inputs_of_a_copy_say_the_same(every):
    data = every["table"]
    made = Augment()(data.train, data, {}, 0)
    np.testing.assert_allclose(data.encoding.encode(made.train.frame), made.train.x, rtol=1e-5)


def test_mixing_stays_between_two_rows_of_the_class(table):
    a = np.where(np.arange(400) % 2, 10.0, 0.0) + np.random.default_rng(0).random(400)
    data = table(pd.DataFrame({"a": a}), np.arange(400) % 2)
    made = Augment(**STILL | {"mixing": 1.0})(data.train, data, {}, 0)
    copies = made.train.take(np.arange(len(data.train), len(made.train)))
    assert (np.abs(copies.x[:, 0] - 10 * copies.y - 0.5) <= 0.5).all()
    assert not np.array_equal(copies.x, data.train.x)


def test_noise_has_the_size_that_is_asked_for(series):
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 2, 30)) * np.array([1, 5])[None, :, None]
    data = series(x, np.arange(200) % 2)
    made = Augment(**STILL | {"noise": 0.1})(data.train, data, {}, 0)
    difference = made.train.x[120:] - data.train.x
    assert difference.std(axis=(0, 2)) == pytest.approx([0.1, 0.5], rel=0.05)


def test_moving_repeats_the_edge():
    x = np.array([[[1.0, 2, 3, 4]], [[1.0, 2, 3, 4]]])
    found = moved(x, np.array([1, -2]), 2)
    assert found.tolist() == [[[1, 1, 2, 3]], [[3, 4, 4, 4]]]


def test_flipping_mirrors_half_of_the_pictures(every):
    data = every["image"]
    made = Augment(**STILL, flip=True)(data.train, data, {}, 0)
    n = len(data.train)
    same = np.isclose(made.train.x[n:], data.train.x).all(axis=(1, 2, 3))
    mirrored = np.isclose(made.train.x[n:], data.train.x[..., ::-1]).all(axis=(1, 2, 3))
    assert (same | mirrored).all()
    assert 0.3 < mirrored.mean() < 0.7


def test_a_message_loses_words_and_keeps_at_least_one(every):
    data = every["text"]
    made = Augment(word_dropout=1.0)(data.train, data, {}, 0)
    n = len(data.train)
    assert ((made.train.x[n:] != 0).sum(axis=1) == 1).all()
    assert data.encoding.raw(made.train.x[n:]) == list(made.train.original[n:])


def test_swaps_keep_the_words(every):
    data = every["text"]
    made = Augment(word_dropout=0.0, word_swaps=0.5)(data.train, data, {}, 0)
    n = len(data.train)
    np.testing.assert_array_equal(np.sort(made.train.x[n:]), np.sort(data.train.x))
    assert (made.train.x[n:] != data.train.x).any()


def test_the_rarest_class_alone(table, value):
    data = table(pd.DataFrame({"a": np.arange(200.0)}), np.arange(200) % 10 == 0)
    made = Augment(only="rarest", copies=8)(data.train, data, {}, 0)
    assert np.bincount(made.train.y).tolist() == [108, 108]
    assert value(made, "source_rows") == 12
    numbers = table(pd.DataFrame({"a": np.arange(200.0)}), np.arange(200.0), "regression")
    with pytest.raises(NotApplicable, match="no rarest class"):
        Augment(only="rarest")(numbers.train, numbers, {}, 0)
    assert len(Augment()(numbers.train, numbers, {}, 0).train) == 240


def test_bad_parameters_are_named():
    for bad in ({"copies": 0}, {"only": "some"}, {"noise": -1}, {"mixing": 2}):
        with pytest.raises(ValueError, match="augment"):
            Augment(**bad)
