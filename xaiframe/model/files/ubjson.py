"""Is a UBJSON file whole: XGBoost ends the process on one that is cut off."""

from __future__ import annotations

from xaiframe.errors import ModelError, Problem

SIZES = {"Z": 0, "T": 0, "F": 0, "N": 0, "i": 1, "U": 1, "C": 1, "I": 2, "l": 4, "d": 4, "L": 8,
         "D": 8}  # fmt: skip
"""Bytes behind the marker of each plain value (ubjson.org)."""


def check_whole(place: str, content: bytes) -> None:
    """Raise :class:`ModelError` unless ``content`` is one UBJSON object from end to end."""
    try:
        reader = Reader(content)
        whole = reader.marker() == "{"
        reader.skip("{")
        whole = whole and reader.at == len(content)
    except (IndexError, KeyError, RecursionError):
        whole = False
    if not whole:
        raise ModelError(Problem(place, "cannot be read: it is no whole UBJSON file"))


class Reader:
    """Walks through UBJSON without keeping anything; IndexError where the file ends too early."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def marker(self) -> str:
        self.forward(1)
        return chr(self.content[self.at - 1])

    def forward(self, size: int) -> None:
        self.at += size
        if size < 0 or self.at > len(self.content):
            raise IndexError

    def length(self) -> int:
        size = SIZES[self.marker()]
        self.forward(size)
        return int.from_bytes(self.content[self.at - size : self.at], "big", signed=False)

    def skip(self, marker: str) -> None:
        """Past the value that ``marker`` begins."""
        if marker in "{[":
            self._container(marker == "{")
        elif marker in "SH":
            self.forward(self.length())
        else:
            self.forward(SIZES[marker])

    def _container(self, named: bool) -> None:
        kind = self._announced("$")
        count = self.length() if self._announced("#", typed=False) else None
        if kind in SIZES and count is not None and not named:
            self.forward(SIZES[kind] * count)
            return
        while count is None or count > 0:
            if count is None and chr(self.content[self.at]) in "}]":
                self.forward(1)
                return
            if named:
                self.forward(self.length())
            self.skip(kind or self.marker())
            count = None if count is None else count - 1

    def _announced(self, sign: str, typed: bool = True) -> str:
        """What stands behind ``sign`` if that comes next: a type, or the sign itself."""
        if chr(self.content[self.at]) != sign:
            return ""
        self.forward(1)
        return self.marker() if typed else sign
