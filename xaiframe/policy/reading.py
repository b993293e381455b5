"""Plain YAML with the line of every key: duplicates, bombs and binaries are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from xaiframe.errors import Problem, RecipeError

Key = tuple[str | int, ...]

LARGEST = 1_000_000
"""Bytes a policy may have."""
MOST = 20_000
"""Nodes a policy may expand to: an alias of aliases grows beyond any size (a YAML bomb)."""

PLAIN = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


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
    node = _compose(path, _text(path))
    lines: dict[Key, int] = {(): 1}
    problems: list[Problem] = []
    try:
        data = _Walk(path, lines, problems).value(node, ()) if node is not None else {}
    except RecursionError:
        raise RecipeError(Problem(str(path), "is nested too deeply, or refers to itself")) from None
    if not problems and not isinstance(data, dict):
        problems.append(Problem(f"{path}:1", "is not a mapping of keys to values"))
    if problems:
        raise RecipeError(problems)
    return Document(path, data, lines)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise RecipeError(Problem(str(path), f"cannot be read: {fault.strerror}")) from None
    if len(content) > LARGEST:
        raise RecipeError(Problem(str(path), f"is larger than {LARGEST} bytes"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise RecipeError(Problem(str(path), "is not a text file in UTF-8")) from None


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise RecipeError(Problem(f"{path}:{line}", f"is not YAML: {fault.problem}")) from None
    except (yaml.YAMLError, RecursionError) as fault:
        raise RecipeError(Problem(f"{path}:1", f"is not YAML: {fault}")) from None


class _Walk:
    """Turns nodes into plain values, noting lines and faults on the way."""

    def __init__(self, path: Path, lines: dict[Key, int], problems: list[Problem]) -> None:
        self.path, self.lines, self.problems = path, lines, problems
        self.scalars = yaml.SafeLoader("")
        self.nodes = 0

    def value(self, node: yaml.Node, key: Key) -> Any:
        self.nodes += 1
        if self.nodes > MOST:
            raise RecipeError(Problem(str(self.path), f"expands to more than {MOST} values"))
        if not isinstance(node, yaml.ScalarNode) and node.tag not in PLAIN:
            self.fault(node, f"the tag {node.tag} is not allowed")
        if isinstance(node, yaml.MappingNode):
            return dict(self.items(node, key))
        if isinstance(node, yaml.SequenceNode):
            return [self.item(child, (*key, i)) for i, child in enumerate(node.value)]
        try:
            return self.scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as fault:
            reason = fault.problem if isinstance(fault, yaml.MarkedYAMLError) else fault
            self.fault(node, f"cannot be read: {reason}")
            return None

    def item(self, node: yaml.Node, key: Key) -> Any:
        self.lines[key] = node.start_mark.line + 1
        return self.value(node, key)

    def items(self, node: yaml.MappingNode, key: Key) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for name_node, child in node.value:
            name = self.scalars.construct_object(name_node, deep=True)
            if not isinstance(name, str):
                self.fault(name_node, f"the key {name!r} is not text", "put it in quotes")
                continue
            if name in seen:
                self.fault(name_node, f"the key {name} stands here a second time")
                continue
            seen.add(name)
            self.lines[(*key, name)] = name_node.start_mark.line + 1
            yield name, self.value(child, (*key, name))

    def fault(self, node: yaml.Node, message: str, hint: str = "") -> None:
        place = f"{self.path}:{node.start_mark.line + 1}"
        self.problems.append(Problem(place, message, hint))
