"""Messages as numbers of words, and back: every spelling of every split has a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Split
from xaiframe.data.messages.words import Word, key, words
from xaiframe.explanation import Array

ABSENT = 0


class TextEncoding(Identity):
    """``x`` ``(n, length)`` float32: the number of the word at each place, 0 where there is none.

    A number stands for a word as it was written and for what stood before it (nothing, a space, a
    line break), so that :meth:`raw` gives back the message, other white space apart.

    length: most words of a message that are read; surfaces: number → what was written, white
    space first, 0 the empty text; known: how many of them the data set had, those of later rows
    come behind.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length
        self.surfaces: list[str] = [""]
        self.known = 1
        self._numbers: dict[str, int] = {}
        self._alike: dict[str, int] = {}

    @classmethod
    def of(cls, messages: Iterable[str], length: int) -> TextEncoding:
        """The encoding that knows every word of these messages."""
        encoding = cls(length)
        for message in messages:
            for surface in spelled(message)[:length]:
                encoding._add(surface)
        encoding.known = len(encoding.surfaces)
        return encoding

    @cached_property
    def features(self) -> tuple[str, ...]:
        return tuple(f"word {place}" for place in range(1, self.length + 1))

    def encode(self, messages: Sequence[str], exact: bool = False) -> Array:
        """``(n, length)`` float32. A word never written like this takes the number of one that
        differs in case, width or what stands before it, unless ``exact``; one that is new
        altogether, a new one."""
        x = np.zeros((len(messages), self.length), dtype=np.float32)
        number = self._add if exact else self._number
        for row, message in zip(x, messages, strict=True):
            found = [number(surface) for surface in spelled(message)[: self.length]]
            row[: len(found)] = found
        return x

    def raw(self, x: Array) -> list[str]:
        """The messages without the words that are 0."""
        return ["".join(self.surfaces[int(one)] for one in row if one).strip() for row in x]

    def tokens(self, row: Array) -> list[str]:
        return [self.surfaces[int(one)].strip() for one in row]

    def names(self, features: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002
        return tuple(self._alike)

    def tables(self, split: Split) -> dict[str, pd.DataFrame]:
        """``originals``: position, text, words, read (how many of them fit); ``words``: position,
        feature, word, start, end (in characters of the text)."""
        messages = [] if split.original is None else [str(one) for one in split.original]
        found = [words(message) for message in messages]
        originals = pd.DataFrame(
            {
                "position": np.arange(len(messages)),
                "text": pd.Series(messages, dtype=object),
                "words": [len(one) for one in found],
                "read": [min(len(one), self.length) for one in found],
            }
        )
        rows = [
            (position, feature, word.surface, word.start, word.end)
            for position, own in enumerate(found)
            for feature, word in zip(self.features, own, strict=False)
        ]
        columns = ["position", "feature", "word", "start", "end"]
        return {"originals": originals, "words": pd.DataFrame(rows, columns=columns)}

    def _number(self, surface: str) -> int:
        known = self._numbers.get(surface, self._alike.get(key(surface)))
        return self._add(surface) if known is None else known

    def _add(self, surface: str) -> int:
        if surface not in self._numbers:
            self._numbers[surface] = len(self.surfaces)
            self._alike.setdefault(key(surface), len(self.surfaces))
            self.surfaces.append(surface)
        return self._numbers[surface]


def spelled(message: str) -> list[str]:
    """The words as written, each after a space or a line break where one stands before it."""
    found = words(message)
    before = [Word("", 0, 0), *found]
    return [_gap(message[a.end : b.start]) + b.surface for a, b in pairwise(before)]


def _gap(between: str) -> str:
    return "\n" if "\n" in between else " " if between else ""
