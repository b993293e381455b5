"""Messages as numbers, and back."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from xaiframe.data.face import Split
from xaiframe.data.messages.encoding import TextEncoding

MESSAGES = ["Win a FREE prize now!!", "free\nfor you, you", "오늘 저녁 어때? 👍🏽"]


def encoding(length=8):
    return TextEncoding.of(MESSAGES, length)


def test_the_numbers_give_back_every_message_of_single_spaces():
    own = encoding()
    assert own.raw(own.encode(MESSAGES)) == MESSAGES


@given(st.lists(st.text(alphabet="ab,.! \n한漢👍", min_size=1), min_size=1, max_size=4))
def test_any_message_comes_back_but_for_its_white_space(messages):
    own = TextEncoding.of(messages, 50)
    for message, back in zip(messages, own.raw(own.encode(messages)), strict=True):
        assert "".join(back.split()) == "".join(message.split())
        assert back == back.strip()


def test_an_absent_word_is_gone_and_nothing_else():
    own = encoding()
    x = own.encode(MESSAGES[:1])
    x[0, 2] = 0
    assert own.raw(x) == ["Win a prize now!!"]


def test_padding_is_zero_and_a_long_message_is_cut():
    own = encoding(3)
    x = own.encode(["a", MESSAGES[0]])
    assert (x[0, 1:] == 0).all()
    assert (x > 0).sum() == 4


def test_a_new_spelling_of_a_known_word_is_that_word_and_a_new_word_gets_a_number_of_its_own():
    own = encoding()
    known = own.known
    x = own.encode(["PRIZE voucher"])
    assert x[0, 0] == own.encode([" prize"])[0, 0] < known
    assert x[0, 1] >= known
    assert own.raw(x) == ["prize voucher"]
    assert own.known == known


def test_an_exact_encoding_keeps_a_spelling_that_is_new():
    encoding = TextEncoding.of(["call me"], 3)
    assert encoding.raw(encoding.encode(["CALL me"])) == ["call me"]
    assert encoding.raw(encoding.encode(["CALL me"], exact=True)) == ["CALL me"]


def test_the_tables_of_a_report_hold_text_and_offsets():
    own = encoding(3)
    original = np.array(MESSAGES, dtype=object)
    split = Split(np.arange(3), own.encode(MESSAGES), np.zeros(3), pd.DataFrame(), None, original)
    tables = own.tables(split)
    assert list(tables["originals"]["words"]) == [6, 5, 5]
    assert list(tables["originals"]["read"]) == [3, 3, 3]
    for row in tables["words"].itertuples():
        assert MESSAGES[row.position][row.start : row.end] == row.word
    assert list(tables["words"]["feature"][:3]) == ["word 1", "word 2", "word 3"]
