"""A message cut into words and what stands between them, each word with what it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained
from xaiframe.report.record import Record

UNIT = "probe.instances"
FOR, AGAINST, PLAIN = (240, 160, 48), (111, 168, 220), (158, 162, 166)
"""Full shades: dark ink stays readable on each, in grey too."""
FAINTEST = 0.08
"""Share of the scale below which a word is not underlined."""
VISIBLE = 0.02
"""Share of the scale below which a word stays white."""
LONG = 60
"""Words from which a method shows only what carries something."""


@dataclass(frozen=True)
class Piece:
    """Part of a message. ``style`` colours it; ``side`` for, against, size or nothing underlines
    it; ``title`` is said when a pointer rests on it."""

    text: str
    style: str = ""
    side: str = ""
    conflict: bool = False
    title: str = ""


@dataclass(frozen=True)
class Message:
    """The message explained at ``position``: its text, and the places of the words that were read.

    words: columns feature, word, start, end; unread: words that were cut off.
    """

    text: str
    words: pd.DataFrame
    unread: int

    @classmethod
    def at(cls, record: Record, position: int) -> Message:
        originals, words = record.table(UNIT, "originals"), record.table(UNIT, "words")
        if originals is None or words is None:
            raise ValueError("the run stored no messages")
        own = originals[originals["position"] == position].iloc[0]
        mine = words[words["position"] == position].reset_index(drop=True)
        return cls(str(own["text"]), mine, int(own["words"] - own["read"]))

    @cached_property
    def names(self) -> list[str]:
        return [str(word) for word in self.words["word"]]

    def read(self, values: Mapping[Any, float]) -> Array:
        """``(words,)`` the value of each word's feature."""
        return np.array([values[str(name)] for name in self.words["feature"]], dtype=float)

    def shares(self, record: Record, method: str, position: int) -> Array:
        """``(words,)`` shares of the method's attribution; where its sign says nothing, of what it
        gives to words that are there, since a gradient also answers for the empty places."""
        own = explained.shown_shares(record, method)[position]
        found = self.read(dict(zip(explained.features(record), own.tolist(), strict=True)))
        signed = explained.signed(record, method)
        return found if signed else explained.shares(found[None])[0]

    def pieces(
        self, values: Array, limit: float, conflict: Array | None = None, signed: bool = True
    ) -> list[Piece]:
        """The whole message, verbatim; ``values`` ``(words,)`` shaded on a scale to ``limit``."""
        found, end = [], 0
        for place, (start, stop) in enumerate(self.words[["start", "end"]].to_numpy(dtype=int)):
            if start > end:
                found.append(Piece(self.text[end:start]))
            disputed = conflict is not None and bool(conflict[place])
            found.append(shaded(self.text[start:stop], values[place], limit, disputed, signed))
            end = stop
        if end < len(self.text):
            found.append(Piece(self.text[end:], side="unread" if self.unread else ""))
        return found

    def short(self, values: Array, limit: float, signed: bool = True) -> list[Piece]:
        """The message, of a long one only the words that carry something and their neighbours."""
        whole = self.pieces(values, limit, signed=signed)
        if len(self.words) <= LONG:
            return whole
        carries = np.array([bool(piece.side) and piece.side != "unread" for piece in whole])
        near = np.convolve(carries, np.ones(5, dtype=int), "same") > 0
        kept: list[Piece] = []
        for piece, shown in zip(whole, near, strict=True):
            if shown:
                kept.append(
                    Piece(_one_line(piece.text), piece.style, piece.side, title=piece.title)
                )
            elif not kept or kept[-1].text != GAP:
                kept.append(Piece(GAP))
        return kept


GAP = " … "


def shaded(text: str, value: float, limit: float, conflict: bool, signed: bool) -> Piece:
    """A word in the shade of its value; NaN and nothing stay white."""
    share = 0.0 if not np.isfinite(value) or limit <= 0 else min(abs(value) / limit, 1.0)
    side = "size" if not signed else "for" if value > 0 else "against"
    full = {"for": FOR, "against": AGAINST, "size": PLAIN}[side]
    tint = ",".join(str(round(255 - (255 - one) * share)) for one in full)
    told = f"{value:+.3f}" if signed else f"{value:.3f}"
    return Piece(
        text,
        f"background:rgb({tint})" if share >= VISIBLE else "",
        side if share >= FAINTEST else "",
        conflict,
        told.replace("-", "−"),
    )


def named(record: Record, position: int, feature: str) -> str:
    """The word behind a feature of one message, in quotes."""
    words = record.table(UNIT, "words")
    if words is None:
        return feature
    own = words[(words["position"] == position) & (words["feature"] == feature)]
    return f"“{own['word'].iloc[0]}” ({feature})" if len(own) else feature


def _one_line(text: str) -> str:
    return text if text.strip() else " "
