"""Words of a message in any script, with their places in the original string."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LETTER, DIGIT, MARK, HAN, EMOJI, FLAG, JOINER = "LDMHEFJ"
APOSTROPHE, SEPARATOR, ADDRESS, OTHER, SPACE = "ASUO "


@dataclass(frozen=True)
class Word:
    """``text[start:end]`` is ``surface``."""

    surface: str
    start: int
    end: int


class _Kinds(dict[int, str]):
    """Code point → kind, one letter each, so that a regular expression can read any script."""

    def __missing__(self, point: int) -> str:
        self[point] = found = _kind(chr(point))
        return found


_ALONE = {
    **dict.fromkeys("\u200b\ufeff", SPACE),
    **dict.fromkeys("'’", APOSTROPHE),
    **dict.fromkeys(".,:", SEPARATOR),
    "\u200d": JOINER,
}


def _kind(character: str) -> str:
    if character.isspace():
        return SPACE
    if character in _ALONE:
        return _ALONE[character]
    category, name = unicodedata.category(character), unicodedata.name(character, "")
    if name.startswith("CJK") and category == "Lo":
        return HAN
    if name.startswith("REGIONAL INDICATOR"):
        return FLAG
    if category == "Cf" or name.startswith("EMOJI MODIFIER"):
        return MARK
    by_class = {"L": LETTER, "N": DIGIT, "M": MARK, "C": SPACE}
    return EMOJI if category == "So" else by_class.get(category[0], OTHER)


_KINDS = _Kinds()
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]*[\w/]|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.\w+)+", re.IGNORECASE
)
_WORD = re.compile(
    "U+"  # an address
    "|HM*"  # a Chinese character
    "|EM*(?:JEM*)*"  # an emoji with its modifiers, several joined to one
    "|FF?"  # a flag is a pair
    "|(?:[LD]M*)(?:[LDM]|A(?=[LD])|(?<=D)S(?=D))*"  # letters and digits: don't, 3.50, 2nd, 3월
    "|[^ ]M*"
)


def words(text: str) -> list[Word]:
    """The words of ``text`` in order.

    A word is a run of letters, marks and digits (an apostrophe inside it and a point or comma
    between digits belong to it; for Korean that is what stands between two spaces), one Chinese
    character, one emoji, one address (URL, e-mail), or a run of one and the same other sign.
    Control characters separate words.
    """
    kinds = text.translate(_KINDS)
    for found in _ADDRESS.finditer(text):
        kinds = kinds[: found.start()] + ADDRESS * len(found[0]) + kinds[found.end() :]
    spans: list[tuple[int, int]] = []
    for found in _WORD.finditer(kinds):
        start, end = found.span()
        sign = kinds[start] in (APOSTROPHE, SEPARATOR, OTHER)
        if sign and spans and spans[-1][1] == start and text[start] == text[spans[-1][0]]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [Word(text[start:end], start, end) for start, end in spans]


def is_address(surface: str) -> bool:
    """Whether a word is a URL or an e-mail address."""
    return _ADDRESS.fullmatch(surface) is not None


def key(surface: str) -> str:
    """What makes two words the same to a model: compatibility form, letters' case aside."""
    return unicodedata.normalize("NFKC", surface).casefold().strip()
