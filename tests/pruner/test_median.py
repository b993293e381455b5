"""The median rule against its definition."""

from __future__ import annotations

from typing import Any

import pytest

from xaiframe.pruner.median import Median


@pytest.mark.parametrize("given", [{}, {"startup": 1, "warmup": 0}, {"warmup": 3, "every": 4}])
def test_a_trial_below_the_median_is_stopped(
    curves: Any, played: Any, below: Any, given: dict[str, int]
) -> None:
    settings = {"startup": 4, "warmup": 5, "every": 1} | given
    stopped = played(Median(**given), curves)
    assert stopped == below(curves, keep=50, **settings)
    assert not any(stopped[: settings["startup"]])
    assert sum(one > 0 for one in stopped) > 5


@pytest.mark.parametrize("wrong", [{"startup": 0}, {"warmup": -1}, {"every": 0}])
def test_bad_numbers_are_named(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be at least"):
        Median(**wrong)
