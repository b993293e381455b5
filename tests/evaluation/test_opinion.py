"""An interval speaks only when all of it does."""

from __future__ import annotations

import pytest

from xaiframe.evaluation.opinion import weight
from xaiframe.evaluation.statistics import Estimate, absent
from xaiframe.recipe import Knowledge as Statement


@pytest.mark.parametrize(
    ("ends", "matters"),
    [((0.3, 0.6), "for"), ((0.2, 0.6), "silent"), ((0.01, 0.1), "against"), ((0.1, 0.2), "silent")],
)
def test_a_share_matters_above_an_even_share_and_does_not_below_half_of_it(ends, matters):
    """Of four features an even share is 0.25, half of it 0.125."""
    share = Estimate(sum(ends) / 2, ends, 30)
    opposite = {"for": "against", "against": "for", "silent": "silent"}
    assert weight(Statement("a", "matters"), share, 4)[0] == matters
    assert weight(Statement("a", "does_not_matter"), share, 4)[0] == opposite[matters]


def test_what_was_not_measured_is_silent_and_says_why():
    assert weight(Statement("a", "matters"), absent("nothing there"), 4) == (
        "silent", "nothing there"
    )  # fmt: skip
