"""Hyperband: successive halving within each bracket."""

from __future__ import annotations

from binascii import crc32
from math import ceil
from typing import Any

import pytest

from xaiframe.pruner.hyperband import Hyperband


def brackets(count: int) -> list[int]:
    """By Li et al. 2018, algorithm 1, R = 30/3 and factor 3: 9, 5 and 3 of 17 trials."""
    sizes = [ceil(3 * 3**s / (s + 1)) for s in (2, 1, 0)]
    drawn = [crc32(f"search_{place}".encode()) % sum(sizes) for place in range(count)]
    return [next(b for b in range(3) if one < sum(sizes[: b + 1])) for one in drawn]


def test_every_bracket_halves_its_own_trials(curves: Any, played: Any, halved: Any) -> None:
    of = brackets(len(curves))
    stopped = played(Hyperband(first=3, factor=3), curves)
    assert stopped == halved(curves, 3, 3, of)
    assert set(of) == {0, 1, 2}
    assert all(one in (0, 27) for one, bracket in zip(stopped, of, strict=True) if bracket == 2)


def test_a_first_rung_beyond_the_last_epoch_is_refused() -> None:
    with pytest.raises(ValueError, match="no rung before the last of 3 epochs"):
        Hyperband(first=3).rule(3)
