"""Overlap alone has no floor, turned labels have theirs; draws follow their probabilities."""

import numpy as np
import pytest

from xaiframe.precaution.labels.overlap import floor, redrawn, tempered, turned


@pytest.fixture
def margin():
    """True probabilities of two classes that overlap, ``(4000, 2)``."""
    score = np.random.default_rng(0).normal(0, 4, 4000)
    one = 1 / (1 + np.exp(-score))
    return np.column_stack([1 - one, one]).clip(1e-6, None)


def test_overlap_alone_has_no_floor_whatever_the_temperature(margin):
    y = redrawn(margin, 1, 0)[0]
    for sharpness in (0.5, 1, 2):
        assert floor(tempered(margin, sharpness), y).interval[0] == 0


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_turned_labels_are_the_floor(margin, share):
    y = redrawn(margin, 1, 1)[0]
    over = np.random.default_rng(2).random(4000) < share
    found = floor(margin, np.where(over, 1 - y, y))
    assert found.interval[0] > share - 0.02
    assert found.value == pytest.approx(over.mean(), abs=0.03)


def test_the_probability_of_being_wrong_is_bayes_rule():
    """Of labels said .1: right .8 · .1, turned .2 · .9; of three classes half of these."""
    assert turned(np.array([[0.9, 0.1]]), np.array([1]), 0.2)[0] == pytest.approx(18 / 26)
    assert turned(np.array([[0.8, 0.1, 0.1]]), np.array([1]), 0.2)[0] == pytest.approx(9 / 17)
    assert turned(np.array([[0.9, 0.1]]), np.array([1]), 0.0)[0] == 0


def test_of_the_rows_that_are_likelier_wrong_as_many_are_wrong_as_it_says(margin):
    y = redrawn(margin, 1, 1)[0]
    over = np.random.default_rng(2).random(4000) < 0.2
    wrong = turned(margin, np.where(over, 1 - y, y), 0.2)
    for low, high in ((0.0, 0.2), (0.2, 0.7), (0.7, 1.0)):
        band = (wrong >= low) & (wrong < high)
        assert over[band].mean() == pytest.approx(wrong[band].mean(), abs=0.05)


def test_columns_that_say_nothing_have_no_floor():
    random = np.random.default_rng(3)
    one = random.beta(2, 20, 2000)
    y = (random.random(2000) < 0.07).astype(int)
    assert floor(np.column_stack([1 - one, one]), y).interval[0] == 0


def test_draws_follow_their_probabilities():
    law = np.tile([0.2, 0.5, 0.3], (500, 1))
    drawn = redrawn(law, 40, 0)
    assert drawn.shape == (40, 500)
    assert np.bincount(drawn.ravel()) / drawn.size == pytest.approx([0.2, 0.5, 0.3], abs=0.01)
