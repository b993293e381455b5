"""Copies of messages: words left out and neighbours swapped (Wei & Zou 2019)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.repair.augmenting.strength import Strength


def altered(copies: Split, data: Data, by: Strength, random: np.random.Generator) -> Split:
    """``copies`` with ``x`` ``(n, places)`` numbers of words altered (EDA, arXiv:1901.11196); a
    message keeps at least one word, and a word its spelling."""
    x = np.stack([message(row, by, random) for row in copies.x]) if len(copies) else copies.x
    original = copies.original
    if original is not None:
        original = np.array(list(data.encoding.raw(x)), dtype=object)
    return replace(copies, x=x.astype(np.float32), original=original)


def message(row: Array, by: Strength, random: np.random.Generator) -> Array:
    """One message ``(places,)``, words first, 0 behind them."""
    words = row[row != 0]
    stay = random.random(len(words)) >= by.word_dropout
    if len(words) and not stay.any():
        stay[random.integers(len(words))] = True
    words = words[stay]
    for place in np.flatnonzero(random.random(max(len(words) - 1, 0)) < by.word_swaps):
        words[[place, place + 1]] = words[[place + 1, place]]
    made = np.zeros_like(row)
    made[: len(words)] = words
    return made
