"""Scripts, words never learnt and repeated characters of messages counted by hand."""

import numpy as np
import pytest

from xaiframe.precaution.profiles.text import profile, script, scripts


@pytest.mark.parametrize(
    ("letter", "name"),
    [("a", "Latin"), ("ａ", "Latin"), ("한", "Hangul"), ("漢", "Han"), ("я", "Cyrillic")],
)  # fmt: skip
def test_scripts_of_letters(letter, name):
    assert script(letter) == name


def test_scripts_are_counted_by_letter_and_message():
    table = scripts(["한국어 abc", "가나!!", "12"])

    assert table["script"].tolist() == ["Hangul", "Latin"]
    assert table["characters"].tolist() == [5, 3]
    assert table["messages"].tolist() == [2, 1]
    assert table["share"].tolist() == [5 / 8, 3 / 8]


def test_words_are_counted(messages, value):
    texts = ["one two"] * 12 + ["one three"] * 3 + ["sooooo four five"] * 5
    facts, _ = profile(messages(texts, np.arange(20) % 2), 5)
    found = {(one.name, one.labels.get("split")): one for one in facts}

    assert found["vocabulary", None].value == 2
    assert found["out_of_vocabulary_share", "validation"].value == 0.5
    assert found["out_of_vocabulary_share", "test"].value == 1.0
    assert found["repeated_characters_share", None].value == 0.0
