"""Words that give the target away are found among those that say nothing of it."""

import numpy as np
import pytest

from xaiframe.precaution.correlation import Correlation
from xaiframe.precaution.relation.words import presence


def made(seed, giveaway):
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, 300)
    pool = np.array([f"word{chr(97 + k)}" for k in range(25)])
    texts = [" ".join(random.choice(pool, 8)) + giveaway * " zzgift" * int(k) for k in y]
    return texts, y


def test_a_word_of_one_class_has_all_the_power(messages, value):
    outcome = Correlation()(messages(*made(0, True)), 0)
    assert value(outcome, "strongest_power").labels["column"] == "zzgift"
    assert value(outcome, "strongest_power").value == pytest.approx(1)


def test_common_words_have_none(messages, value):
    assert value(Correlation()(messages(*made(1, False)), 0), "strongest_power").value < 0.3


def test_messages_without_words(messages, value):
    fact = value(Correlation()(messages(["?!"] * 60, np.arange(60) % 2), 0), "strongest_power")
    assert fact.value is None
    assert fact.reason
    assert presence(np.array(["a b"] * 9, dtype=object), np.zeros(9, int)).shape == (9, 0)


def test_a_word_that_gives_a_number_away_has_all_the_power(messages, value):
    texts, y = made(2, True)
    data = messages(texts, np.where(y == 1, 50.0, 3.0), task="regression", classes=())
    fact = value(Correlation()(data, 0), "strongest_power")
    assert fact.labels["column"] == "zzgift"
    assert fact.value == pytest.approx(1)


def test_words_that_say_nothing_of_a_number_have_none(messages, value):
    texts, _ = made(3, False)
    y = np.random.default_rng(3).normal(size=300)
    data = messages(texts, y, task="regression", classes=())
    assert value(Correlation()(data, 0), "strongest_power").value < 0.1


def test_a_word_in_every_message_is_not_tried():
    texts = np.array([f"always {'a' if k % 2 else 'b'}" for k in range(20)], dtype=object)
    assert set(presence(texts, np.arange(20.0), "regression")) == {"a", "b"}
