"""Corruptions of messages: one typo is one letter, addresses and short words stay."""

import numpy as np
import pytest

from xaiframe.data.messages.words import words
from xaiframe.precaution.corruptions.changes import told
from xaiframe.precaution.corruptions.text import CORRUPTIONS, case, dropout, typos

MESSAGE = "Call the friendly number www.win.example now or see us"


@pytest.fixture
def mail(messages):
    return messages([MESSAGE, "Free prize waiting, claim today!", "ok", "한국 무료 상품"] * 20,
                    np.arange(80) % 2)  # fmt: skip


def random():
    return np.random.default_rng(1)


def read(data, x):
    return data.encoding.raw(x)


def test_one_typo_is_one_word_of_at_least_four_letters(mail):
    before = [str(one) for one in mail.test.original]
    after = read(mail, typos(mail, mail.test, 0.0, random()))

    for old, new in zip(before, after, strict=True):
        pairs = zip([w.surface for w in words(old)], [w.surface for w in words(new)], strict=True)
        changed = [(a, b) for a, b in pairs if a != b]
        assert len(changed) <= 1
        for a, b in changed:
            assert len(a) >= 4
            assert abs(len(a) - len(b)) <= 1
            assert a[0] == b[0]
        assert "www.win.example" in new or "www.win.example" not in old
        assert old != "ok" or new == "ok"


def test_all_words_in_capitals(mail):
    after = read(mail, case(mail, mail.test, 1.0, random(), exact=True))
    for old, new in zip(mail.test.original, after, strict=True):
        assert new.replace("WWW.WIN.EXAMPLE", "www.win.example") == old.upper().replace(
            "WWW.WIN.EXAMPLE", "www.win.example"
        )


def test_words_are_left_out_and_one_stays(mail):
    for amount, most in ((0.0, 1), (1.0, 99)):
        after = read(mail, dropout(mail, mail.test, amount, random()))
        for old, new in zip(mail.test.original, after, strict=True):
            lost = len(words(old)) - len(words(new))
            assert len(words(new)) >= 1
            assert (lost == 0) == (len(words(old)) == 1)
            assert lost <= most


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.name)
def test_a_message_without_words_stays(messages, corruption):
    data = messages(["", "now"] * 20, np.arange(40) % 2)
    assert corruption.apply(data, data.test, 1.0, random()).shape == data.test.x.shape


def test_what_changed_is_told_in_words(mail):
    row = np.flatnonzero(mail.test.original == "ok")[0]
    after = case(mail, mail.test, 1.0, random(), exact=True)
    assert told(mail, mail.test.x[row], after[row]) == "ok → OK"


def test_a_network_reads_a_word_in_capitals_as_the_word_it_knows(mail):
    np.testing.assert_array_equal(case(mail, mail.test, 1.0, random()), mail.test.x)
