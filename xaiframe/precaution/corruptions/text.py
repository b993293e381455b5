"""What happens to messages: typos, words left out, capitals; in the user's own text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.data.messages.encoding import TextEncoding
from xaiframe.data.messages.words import Word, is_address, words
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.precaution.corruptions.face import Corruption

ONE = "one word of each message"
SHORTEST = 4
"""Letters of a word below which a typo makes another word of it."""


def typos(
    data: Data, rows: Split, amount: float, random: np.random.Generator, exact: bool = False
) -> Array:
    """A share of the longer words, at least one, with a letter doubled, left out, or two turned."""

    def typo(surface: str) -> str:
        at, kind = int(random.integers(1, len(surface) - 1)), random.integers(3)
        head, letter, tail = surface[:at], surface[at], surface[at + 1 :]
        turned = head + tail[0] + letter + tail[1:]
        return (head + letter + letter + tail, head + tail, turned)[kind]

    return _rewritten(data, rows, amount, random, typo, _long, exact)


def case(
    data: Data, rows: Split, amount: float, random: np.random.Generator, exact: bool = False
) -> Array:
    """A share of the words, at least one, in capitals."""
    return _rewritten(data, rows, amount, random, str.upper, _cased, exact)


def dropout(
    data: Data, rows: Split, amount: float, random: np.random.Generator, exact: bool = False
) -> Array:
    """A share of the words, at least one, is left out; one stays."""
    return _rewritten(data, rows, amount, random, lambda _: "", lambda found: found[1:], exact)


def messages(data: Data, rows: Split) -> list[str]:
    """The messages as the user wrote them, as far as they are known."""
    if rows.original is None:
        return [str(one) for one in data.encoding.raw(rows.x)]
    return [str(one) for one in rows.original]


def _long(found: list[Word]) -> list[Word]:
    return [one for one in found if len(one.surface) >= SHORTEST and one.surface.isalpha()]


def _cased(found: list[Word]) -> list[Word]:
    return [
        one for one in found if one.surface.upper() != one.surface and not is_address(one.surface)
    ]


def _rewritten(
    data: Data,
    rows: Split,
    share: float,
    random: np.random.Generator,
    change: Callable[[str], str],
    able: Callable[[list[Word]], list[Word]],
    exact: bool,
) -> Array:
    """The messages with ``change`` applied to some of the words that are ``able``, encoded."""
    if not isinstance(data.encoding, TextEncoding):
        raise NotApplicable("the words of these messages cannot be written anew")
    told = []
    for message in messages(data, rows):
        found = able(words(message))
        count = min(len(found), max(1, round(share * len(found))))
        chosen = sorted(random.choice(len(found), count, replace=False)) if found else []
        told.append(_changed(message, [found[k] for k in chosen], change))
    return data.encoding.encode(told, exact)


def _changed(message: str, chosen: list[Word], change: Callable[[str], str]) -> str:
    for one in reversed(chosen):  # from the end, so that earlier places stay where they are
        message = message[: one.start] + change(one.surface) + message[one.end :]
    return message


CORRUPTIONS = (
    Corruption("typos", typos, (0.0, 0.15, 0.3), "of the longer words", True, ONE),
    Corruption("case", case, (0.1, 0.5, 1.0), "of the words", True),
    Corruption("word dropout", dropout, (0.0, 0.15, 0.3), "of the words", False, ONE),
)
"""Severities are ours."""
VERBATIM = tuple(
    replace(one, apply=partial(function, exact=True))
    for one, function in zip(CORRUPTIONS, (typos, case, dropout), strict=True)
)
"""The same for a model that reads the text itself: networks trained here read words whatever
their case, so that one in capitals is the word that they know."""
