"""The percentile rule against its definition."""

from __future__ import annotations

from typing import Any

import pytest

from xaiframe.pruner.median import Median
from xaiframe.pruner.percentile import Percentile


@pytest.mark.parametrize("keep", [10.0, 25.0, 80.0])
def test_a_trial_that_is_not_among_the_best_is_stopped(
    curves: Any, played: Any, below: Any, keep: float
) -> None:
    assert played(Percentile(keep=keep), curves) == below(curves, keep, 4, 5, 1)


def test_half_of_the_trials_is_the_median_rule(curves: Any, played: Any) -> None:
    assert played(Percentile(keep=50.0), curves) == played(Median(), curves)


@pytest.mark.parametrize("keep", [0.0, 100.0, -3.0])
def test_what_is_no_share_is_refused(keep: float) -> None:
    with pytest.raises(ValueError, match="above 0 and below 100"):
        Percentile(keep=keep)
