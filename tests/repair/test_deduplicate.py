"""Deduplication against rows copied by hand."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.repair.deduplicate import Deduplicate


@pytest.fixture
def copied(table):
    """Training rows 0–59; row 1 stands there three times, once under the other class; row 2 twice
    under two classes; row 3 also stands in test and row 4 in validation."""
    frame = pd.DataFrame({"a": np.arange(100.0), "b": np.arange(100) % 7 * 1.0})
    y = np.arange(100) % 2
    for row, other, label in ((10, 1, 1), (11, 1, 0), (12, 2, 1), (80, 3, 0), (65, 4, 1)):
        frame.iloc[row], y[row] = frame.iloc[other], label
    return table(frame, y)


def test_copies_go_and_the_majority_names_the_class(copied, value):
    made = Deduplicate()(copied.train, copied, {}, 0)
    gone = set(copied.train.ids) - set(made.train.ids)
    assert gone == {10, 11, 2, 12}  # two equally common classes say nothing
    assert made.train.y[list(made.train.ids).index(1)] == 1
    assert value(made, "repeated_rows") == 3
    assert value(made, "conflicting_rows") == 5
    assert value(made, "leaking_rows") == 0


def test_rows_that_contradict_each_other_can_all_go(copied):
    made = Deduplicate(conflicts="drop")(copied.train, copied, {}, 0)
    assert set(copied.train.ids) - set(made.train.ids) == {1, 10, 11, 2, 12}


def test_a_merged_row_counts_as_often_as_it_was_there(copied):
    made = Deduplicate(action="merge")(copied.train, copied, {}, 0)
    weight = made.train.weight / made.train.weight.min()
    assert weight[list(made.train.ids).index(1)] == pytest.approx(3)
    assert weight.sum() == pytest.approx(58)  # 60 rows without the two that cancel out


def test_leaks_go_from_training_and_never_from_test(copied, value):
    made = Deduplicate(leaks=True)(copied.train, copied, {}, 0)
    assert {3, 4}.isdisjoint(made.train.ids)
    assert value(made, "leaking_rows") == 2
    assert len(copied.test) == 25


def test_numbers_under_the_same_input_become_their_mean(table):
    frame, y = pd.DataFrame({"a": np.arange(100.0)}), np.arange(100.0)
    frame.iloc[9] = frame.iloc[5]
    data = table(frame, y, "regression")
    made = Deduplicate()(data.train, data, {}, 0)
    assert made.train.y[list(made.train.ids).index(5)] == pytest.approx(7)


def test_equal_messages_and_pictures_are_found(every):
    for modality in ("image", "series", "text"):
        data = every[modality]
        made = Deduplicate()(data.train, data, {}, 0)
        assert 8 not in made.train.ids
        assert 2 in made.train.ids


def test_it_refuses_to_leave_nothing(table):
    frame = pd.DataFrame({"a": np.ones(100)})
    data = table(frame, np.arange(100) % 2)
    with pytest.raises(NotApplicable, match="no rows, or a single class"):
        Deduplicate()(data.train, data, {}, 0)


def test_unknown_words_are_refused():
    with pytest.raises(ValueError, match="drop or merge"):
        Deduplicate(action="remove")
    with pytest.raises(ValueError, match="majority or drop"):
        Deduplicate(conflicts="keep")
