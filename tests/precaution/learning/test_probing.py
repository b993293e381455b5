"""The probe's view of each modality, and folds in which every row is held out once."""

import numpy as np
import pytest

from xaiframe.precaution.learning.probing import folds_of, forest, probed


def test_messages_are_counted_words_wherever_they_stand_and_whatever_their_case(messages):
    data = messages(["win it now", "NOW win it"] * 10, np.arange(20) % 2)
    seen = probed(data.train, data).toarray()
    assert np.array_equal(seen[0], seen[1])
    assert seen[0].sum() == 3


def test_tables_are_read_as_the_model_sees_them_series_by_properties(table, noise, series):
    frame, y = noise(50)
    data = table(frame, y)
    assert np.array_equal(probed(data.train, data), data.train.x)
    x = np.ones((50, 1, 4))
    x[0, 0, 1] = np.nan
    seen = probed(series(x, y).train, series(x, y))
    assert seen.shape == (30, 4)
    assert np.isfinite(seen).all()


@pytest.mark.parametrize("rare", [2, 20])
def test_every_row_is_held_out_once_also_where_a_class_is_too_rare_to_stratify(rare):
    y = np.r_[np.zeros(60, int), np.ones(rare, int)]
    folds = folds_of(y, "classification", 5, 0)
    held = np.concatenate([held for _, held in folds])
    assert np.array_equal(np.sort(held), np.arange(60 + rare))
    if rare == 20:
        assert {int(y[held].sum()) for _, held in folds} == {4}


def test_the_forest_fits_the_task():
    x, y = np.arange(40.0)[:, None], np.arange(40) % 2
    assert hasattr(forest("classification", 3, 0).fit(x, y), "predict_proba")
    assert not hasattr(forest("regression", 3, 0).fit(x, y), "predict_proba")
