"""Adversarial robustness: the median's interval covers, what holds out counts as larger."""

import numpy as np
import pytest
from torch import nn

from xaiframe.errors import NotApplicable
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.precaution.attacks.adversarial import Adversary, able, median_fact
from xaiframe.precaution.attacks.room import room


def test_the_interval_covers_the_median_of_a_skewed_law():
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        low, high = median_fact(random.exponential(size=60), "sd", 9.0).interval
        covered += low <= np.log(2) <= high
    assert 0.93 <= covered / 400 <= 0.99


def test_rows_that_hold_out_are_larger_than_all_others():
    size = np.array([*np.arange(1.0, 31.0), *[np.inf] * 29])
    assert median_fact(size, "sd", 40.0).value == 30
    assert median_fact(size, "sd", 40.0).interval is None
    assert "hold out to 40 sd" in median_fact(np.append(size, [np.inf] * 2), "sd", 40.0).reason


def test_an_attack_costs_and_a_larger_one_costs_more(points, curved):
    part = Adversary((0.05, 0.2, 0.8), 2.0, 8, 4).scores(points, curved, points.test, 0)
    by_attack = np.reshape([fact.value for fact in part.facts], (2, 3))

    assert (np.diff(by_attack, axis=1) <= 0).all()
    assert (by_attack[1] <= by_attack[0] + 0.01).all()
    assert part.scores[0][5] >= by_attack.max()


def test_only_a_model_with_gradients_is_attacked(curved):
    assert able(curved) is curved
    blind = WhiteBox(nn.Linear(4, 3), "classification", ("c0", "c1", "c2"), ())
    for model in (blind, BlackBox(lambda x: x, "classification", ("c0", "c1"))):
        with pytest.raises(NotApplicable, match="no gradients"):
            able(model)


def test_pictures_of_one_colour_have_no_room(pictures):
    black = pictures(np.zeros((40, 1, 4, 4)), np.arange(40) % 2)
    with pytest.raises(NotApplicable, match="one colour"):
        room(black, black.test)
