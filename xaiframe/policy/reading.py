"""A policy file as the policy room asks it: every value, every line, and near words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from xaiframe.catalogue import reader
from xaiframe.errors import Problem, RecipeError

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML mapping and where its keys stand: ``lines[("rules", "psi")]`` counts from 1."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[Key, int]

    def line(self, *key: str | int) -> int:
        """The line of ``key``, or of its nearest ancestor that is known."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def place(self, *key: str | int) -> str:
        return f"{self.path}:{self.line(*key)}"

    def label(self, *key: str | int) -> str:
        """Like :meth:`place`, but the same on every machine: ``policy/default.yaml:12``."""
        return f"{self.path.parent.name}/{self.path.name}:{self.line(*key)}"

    def problem(self, key: Key, message: str, hint: str = "") -> Problem:
        return Problem(self.place(*key), message, hint)


def near(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them when they are few."""
    options = sorted(known)
    match = get_close_matches(word, options, n=1)
    if match:
        return f"did you mean {match[0]}?"
    return f"known: {', '.join(options)}" if 0 < len(options) <= 15 else ""


def read(path: Path) -> Document:
    """The mapping in ``path``.

    Raises RecipeError with every fault found: not readable, not text, not YAML, too large,
    a duplicate key, a key that is not text, a tag that would build an object.
    """
    found = reader.read(path)
    if found.problems:
        raise RecipeError(found.problems)
    return Document(path, found.content, found.lines)
