"""Words of any script, with the offsets that a report highlights by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaiframe.data.messages.words import is_address, key, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm home, don't!!!", ["I'm", "home", ",", "don't", "!!!"]),
        ("£3.50 at 12:30... 2nd.", ["£", "3.50", "at", "12:30", "...", "2nd", "."]),
        ("안녕하세요, 오늘 3월 5일입니다.", ["안녕하세요", ",", "오늘", "3월", "5일입니다", "."]),
        ("ㅋㅋㅋ 좋아요~~", ["ㅋㅋㅋ", "좋아요", "~~"]),
        ("我喜欢Python3。", ["我", "喜", "欢", "Python3", "。"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("👍🏽👍 👨‍👩‍👧 🇰🇷🇫🇷 ❤️", ["👍🏽", "👍", "👨‍👩‍👧", "🇰🇷", "🇫🇷", "❤️"]),
        (
            "see http://a.b/c?d=e. Or x.y@z.co.uk!",
            ["see", "http://a.b/c?d=e", ".", "Or", "x.y@z.co.uk", "!"],
        ),
        ("a_b--c", ["a", "_", "b", "--", "c"]),
        (" \n\t\u200b", []),
        ("", []),
    ],
)
def test_a_message_falls_into_these_words(text, expected):
    assert [word.surface for word in words(text)] == expected


@given(st.text())
def test_words_lie_in_the_message_in_order_and_leave_nothing_but_space(text):
    found = words(text)
    ends = [0, *(word.end for word in found)]
    starts = [*(word.start for word in found), len(text)]
    assert all(text[word.start : word.end] == word.surface for word in found)
    assert all(end <= start for end, start in zip(ends, starts, strict=True))
    left = "".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    assert not any(character.isalnum() for character in left)


def test_case_width_and_composition_make_no_other_word():
    decomposed = "\u1112\u1161\u11ab"
    assert key("FREE") == key("ｆｒｅｅ") == key(" Free")
    assert key(decomposed) == key("한")
    assert key("free") != key("freed")


def test_addresses_are_told_from_words():
    assert [is_address(one) for one in ("www.a.com", "a@b.org", "a.b", "http")] == [
        True, True, False, False
    ]  # fmt: skip
