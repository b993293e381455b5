"""Measured properties of messages, what the checks of the data read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xaiframe.data.messages.words import is_address, words


def properties(messages: Sequence[str]) -> pd.DataFrame:
    """One row per message.

    words, characters: how many; word length: mean, in characters; capitals: share of the letters;
    digits, signs: share of the characters that are not white space, signs neither letter nor
    digit; addresses: how many; longest number: its digits, many for a telephone or an account.
    """
    return pd.DataFrame([_measured(message) for message in messages], columns=COLUMNS)


COLUMNS = (
    *("words", "characters", "word length", "capitals", "digits", "signs"),
    *("addresses", "longest number"),
)


def _measured(message: str) -> tuple[int, int, float, float, float, float, int, int]:
    found = [word.surface for word in words(message)]
    seen = [character for character in message if not character.isspace()]
    letters = [character for character in seen if character.isalpha()]
    digits = sum(map(str.isdigit, seen))
    signs = sum(not character.isalnum() for character in seen)
    return (
        len(found),
        len(message),
        float(np.mean([len(word) for word in found])) if found else 0.0,
        sum(map(str.isupper, letters)) / max(len(letters), 1),
        digits / max(len(seen), 1),
        signs / max(len(seen), 1),
        sum(map(is_address, found)),
        max((sum(map(str.isdigit, word)) for word in found), default=0),
    )
