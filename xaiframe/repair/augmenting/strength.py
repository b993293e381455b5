"""How much a copy may differ from the row it was made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Strength:
    """noise in standard deviations; shift a share of the length, scaling a share of the size,
    mixing a share of the way to another row, dropout and swaps shares of the words."""

    noise: float
    shift: float
    scaling: float
    flip: bool
    mixing: float
    word_dropout: float
    word_swaps: float
