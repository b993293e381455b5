"""Trials: what a corruption changes, what the model then says, and why there may be nothing."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.model.face import BlackBox
from xaiframe.precaution.corruptions.trial import BY_MODALITY, trials


def box(answer):
    return BlackBox(answer, "classification", ("c0", "c1"))


def sharp(x):
    return np.eye(2)[(x[:, 0] > 0).astype(int)]


def test_flips_are_counted_among_the_rows_that_change(table, noise):
    data = table(*noise(400, 3))
    model = box(sharp)
    before = model.predictions(data.test.x)
    found = list(trials(data, model, data.test, before, 0))

    assert [one.severity for one in found] == ["small", "medium", "large"] * 3
    for one in found:
        expected = (one.x[:, 0] > 0) != (data.test.x[:, 0] > 0)
        np.testing.assert_array_equal(one.flipped, expected)
        assert (one.flipped <= one.changed).all()
    assert [one.corruption.name for one in found if one.judged] == ["jitter"]


def test_only_what_may_be_judged_is_asked_on_validation_rows(table, noise):
    data = table(*noise(200, 3))
    model = box(sharp)
    before = model.predictions(data.validation.x)
    asked = model.evaluations
    found = list(trials(data, model, data.validation, before, 0, mild=True))

    assert [(one.corruption.name, one.severity) for one in found] == [("jitter", "small")]
    assert model.evaluations - asked == len(data.validation)


def test_a_model_that_refuses_such_rows_is_a_reason(table, noise):
    data = table(*noise(200, 3))

    def picky(x):
        if not np.isin(x[:, 0], data.test.x[:, 0]).all():
            raise ValueError("never seen")
        return sharp(x)

    found = list(trials(data, box(picky), data.test, box(sharp).predictions(data.test.x), 0))
    assert "never seen" in found[0].reason
    assert not found[0].judged


def test_what_changes_nothing_is_a_reason(table):
    data = table(pd.DataFrame({"constant": [1.0] * 80}), np.arange(80) % 2)
    model = box(lambda x: np.full((len(x), 2), 0.5))
    for one in trials(data, model, data.test, model.predictions(data.test.x), 0):
        assert one.reason
        assert not one.judged


@pytest.mark.parametrize("modality", BY_MODALITY)
def test_every_modality_has_a_small_change_that_loses_nothing(modality):
    assert any(one.mild for one in BY_MODALITY[modality])
