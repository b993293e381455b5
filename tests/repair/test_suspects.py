"""Suspects: what purity doubts is left out or relabelled, within bounds."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.repair.suspects import Suspects


@pytest.fixture
def data(table):
    y = np.arange(100) % 2
    y[:6] = 1 - y[:6]  # six flipped labels
    return table(pd.DataFrame({"a": np.arange(100.0)}), y)


def doubted(ids, suggested, wrong=0.95):
    return {"purity.suspects": pd.DataFrame({"id": ids, "suggested": suggested, "wrong": wrong})}


FLIPPED = doubted(list(range(6)), ["c0", "c1"] * 3)


def test_flipped_labels_are_put_back(data, value):
    made = Suspects("relabel")(data.train, data, FLIPPED, 0)
    np.testing.assert_array_equal(made.train.y, np.arange(60) % 2)
    assert value(made, "treated_rows") == 6


def test_they_can_be_left_out(data):
    made = Suspects("drop")(data.train, data, FLIPPED, 0)
    assert made.train.ids.tolist() == list(range(6, 60))


def test_only_the_most_doubtful_share_is_touched(data, value):
    made = Suspects("drop", most=0.05)(data.train, data, FLIPPED, 0)
    assert set(data.train.ids) - set(made.train.ids) == {0, 1, 2}
    assert value(made, "spared_rows") == 3


def test_what_is_not_surely_wrong_is_spared(data, value):
    listed = doubted([0, 1, 2, 3], ["c0", "c1"] * 2, [0.4, 0.95, 0.9, 0.89])
    made = Suspects(least=0.9)(data.train, data, listed, 0)
    assert set(data.train.ids) - set(made.train.ids) == {1, 2}
    assert value(made, "spared_rows") == 2
    with pytest.raises(NotApplicable, match="of 4 suspects none"):
        Suspects(least=0.96)(data.train, data, listed, 0)


def test_a_list_that_does_not_say_how_surely_is_acted_on_whole(data):
    listed = {"purity.suspects": pd.DataFrame({"id": [0, 1], "suggested": ["c0", "c1"]})}
    made = Suspects(least=0.9)(data.train, data, listed, 0)
    assert len(made.train) == len(data.train) - 2


def test_numbers_have_no_such_probability_and_are_acted_on_as_listed(data):
    listed = doubted([0, 1], ["c0", "c1"], np.nan)
    made = Suspects(least=0.9)(data.train, data, listed, 0)
    assert len(made.train) == len(data.train) - 2


def test_rows_that_are_gone_or_of_another_split_are_passed_over(data, value):
    made = Suspects()(data.train, data, doubted([3, 99, 70], ["c0"] * 3), 0)
    assert set(data.train.ids) - set(made.train.ids) == {3}
    assert value(made, "listed_rows") == 1


def test_a_class_never_vanishes(data):
    rare = data.train.take(np.flatnonzero((data.train.y == 0) | (data.train.ids == 7)))
    made = Suspects(most=1.0)(rare, data, doubted([7], ["c0"]), 0)
    assert 7 in made.train.ids
    with pytest.raises(NotApplicable, match="empty a class"):
        Suspects("relabel", most=1.0)(rare, data, doubted([7], ["c0"]), 0)


def test_without_suspects_or_suggestions_it_does_not_apply(data):
    with pytest.raises(NotApplicable, match="suspects none"):
        Suspects()(data.train, data, doubted([], []), 0)
    with pytest.raises(NotApplicable, match="no other target"):
        Suspects("relabel")(data.train, data, doubted([3], ["unknown"]), 0)


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match="drop or relabel"):
        Suspects("mend")
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        Suspects(most=0)
    with pytest.raises(ValueError, match="least must be"):
        Suspects(least=1.0)
