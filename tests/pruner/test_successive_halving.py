"""Successive halving against its definition."""

from __future__ import annotations

from typing import Any

import pytest

from xaiframe.pruner.successive_halving import SuccessiveHalving


@pytest.mark.parametrize(("first", "factor"), [(3, 3), (2, 2), (5, 4)])
def test_only_the_best_part_goes_on_from_a_rung(
    curves: Any, played: Any, halved: Any, first: int, factor: int
) -> None:
    stopped = played(SuccessiveHalving(first=first, factor=factor), curves)
    assert stopped == halved(curves, first, factor)
    assert set(stopped) <= {0, *(first * factor**k for k in range(5))}
    assert len(set(stopped)) > 2


def test_a_rung_beyond_the_last_epoch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pruner\.first is 9, no rung before the last of 9"):
        SuccessiveHalving(first=9).rule(9)
    with pytest.raises(ValueError, match="factor must be at least 2"):
        SuccessiveHalving(factor=1)
