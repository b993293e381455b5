"""Room: numbers move, levels, dates and gaps stay; messages cannot be attacked."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.data.tables.column import Categorical, Numeric
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.errors import NotApplicable
from xaiframe.precaution.attacks.room import room
from xaiframe.probe.movable import movable


@pytest.fixture
def mixed():
    """A number with gaps, a level and a whole number."""
    frame = pd.DataFrame(
        {
            "length": [1.0, 2.0, np.nan, 4.0, 5.0, 6.0],
            "town": ["Aarau", "Bern", "Bern", "Chur", "Aarau", "Chur"],
            "rooms": [1, 2, 3, 4, 5, 6],
        }
    )
    columns = [
        Numeric.fit("length", frame["length"], False),
        Categorical.fit("town", frame["town"], 30),
        Numeric.fit("rooms", frame["rooms"], True),
    ]
    encoding = TableEncoding(columns)
    split = Split(np.arange(6), encoding.encode(frame), np.arange(6) % 2, frame)
    return Data("table", "classification", split, split, split, ("length", "town", "rooms"),
                encoding.feature_mask, ("c0", "c1"), encoding=encoding)  # fmt: skip


def test_only_numbers_that_are_there_move(mixed):
    moves = movable(mixed, mixed.test.x)

    # length, whether it is missing, three towns, rooms
    np.testing.assert_array_equal(moves[0], [True, False, False, False, False, True])
    np.testing.assert_array_equal(moves[2], [False, False, False, False, False, True])
    np.testing.assert_array_equal(room(mixed, mixed.test).step > 0, moves)


def test_steps_are_standard_deviations_or_shares_of_the_range(mixed, pictures, series):
    np.testing.assert_allclose(room(mixed, mixed.test).step[0, -1], np.std(np.arange(6)))
    grey = pictures(np.random.default_rng(0).integers(0, 17, (40, 1, 4, 4)), np.arange(40) % 2)
    where = room(grey, grey.test)
    assert (where.step == 16).all()
    assert (where.factor, where.unit) == (16, "levels")
    waves = series(np.random.default_rng(0).normal(size=(40, 2, 10)), np.arange(40) % 2)
    assert room(waves, waves.test).low.shape == waves.test.x.shape


def test_words_do_not_move_by_a_little(messages):
    data = messages(["win now", "see you"] * 20, np.arange(40) % 2)

    with pytest.raises(NotApplicable, match="whole words"):
        room(data, data.test)


def test_a_table_without_numbers_has_no_room(mixed):
    column = Categorical.fit("town", mixed.train.frame["town"], 30)
    encoding = TableEncoding([column])
    split = Split(np.arange(6), encoding.encode(mixed.train.frame), np.arange(6) % 2,
                  mixed.train.frame[["town"]])  # fmt: skip
    data = Data("table", "classification", split, split, split, ("town",), encoding.feature_mask,
                ("c0", "c1"), encoding=encoding)  # fmt: skip

    with pytest.raises(NotApplicable, match="no feature is a number"):
        room(data, split)
