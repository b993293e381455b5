"""Recipes and choices as plain YAML: values, the line of every key, and every fault of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from omegaconf._utils import get_yaml_loader

from xaiframe.errors import Problem, RecipeError

Keys = tuple[str | int, ...]

LARGEST = 1_000_000
"""Bytes a file may have."""
MOST = 20_000
"""Values a file may expand to: aliases of aliases grow beyond any size (a YAML bomb)."""
ALIASES = 20
DIRECTIVE = re.compile(r"^\s*#\s*@package", re.MULTILINE)
PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null")}


class Loader(yaml.SafeLoader):
    """Plain YAML as OmegaConf reads it: 1e-3 is a number, a date is text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.nodes = 0
        self.aliases = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.nodes += 1
        self.aliases += self.check_event(yaml.AliasEvent)
        mark = self.peek_event().start_mark
        if self.nodes > MOST:
            raise yaml.MarkedYAMLError(problem=f"more than {MOST} values", problem_mark=mark)
        if self.aliases > ALIASES:
            raise yaml.MarkedYAMLError(problem=f"more than {ALIASES} aliases", problem_mark=mark)
        return super().compose_node(parent, index)


# The very table that reads the choices later, so that both readings agree.
Loader.yaml_implicit_resolvers = get_yaml_loader().yaml_implicit_resolvers


class Unusable(str):
    """Stands where a value was refused, so that it is not complained about again."""


@dataclass(frozen=True)
class Document:
    """A file's mapping, the line of each key and item, and what is wrong with it."""

    path: Path
    text: str
    content: dict[str, Any]
    lines: dict[Keys, int]
    problems: tuple[Problem, ...] = ()

    @cached_property
    def name(self) -> str:
        return shown(self.path)

    def place(self, keys: Keys = ()) -> str:
        """``file:line`` of a key, or of its nearest ancestor that is known."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return f"{self.name}:{self.lines.get(keys, 1)}"

    @property
    def directive(self) -> bool:
        """Whether the file tells the composer to place it somewhere else."""
        return DIRECTIVE.search(self.text) is not None


def shown(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the working directory."""
    absolute = path.absolute()
    try:
        return str(absolute.relative_to(Path.cwd()))
    except ValueError:
        return str(absolute)


def read(path: Path) -> Document:
    """The mapping in ``path``, with its problems beside it where some of it can be used.

    Raises :class:`RecipeError` when nothing can: no such file, not text, not YAML, too large.
    """
    text = _text(path)
    node = _compose(path, text)
    walk = _Walk(shown(path))
    try:
        content = {} if node is None else walk.value(node, ())
    except RecursionError:
        raise _unusable(path, "is nested too deeply, or refers to itself") from None
    if not isinstance(content, dict):
        raise _unusable(path, "is not a mapping of keys to values", "key: value", line=1)
    return Document(path, text, content, walk.lines, tuple(walk.problems))


def _unusable(path: Path, message: str, hint: str = "", line: int = 0) -> RecipeError:
    return RecipeError(Problem(shown(path) + (f":{line}" if line else ""), message, hint))


def _text(path: Path) -> str:
    if not path.is_file():
        siblings = sorted(one.name for one in path.parent.glob("*.yaml"))
        near = get_close_matches(path.name, siblings, n=1)
        hint = f"did you mean {path.with_name(near[0])}?" if near else ""
        raise _unusable(path, "is not a file" if path.exists() else "does not exist", hint)
    try:
        if path.stat().st_size > LARGEST:
            raise _unusable(path, f"is larger than {LARGEST} bytes", "no recipe needs as much")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        message = f"is not text (UTF-8) at byte {error.start}"
        raise _unusable(path, message, "save it as UTF-8") from None


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        return Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _unusable(path, f"is not usable YAML: {error.problem}", line=line) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _unusable(path, "is not text: it holds a control character", line=line) from None
    except RecursionError:
        raise _unusable(path, "is nested too deeply") from None


class _Walk:
    """Turns nodes into plain values, noting lines and faults on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Keys, int] = {(): 1}
        self.problems: list[Problem] = []
        self.scalars = Loader("")
        self.values = 0

    def value(self, node: yaml.Node, keys: Keys) -> Any:
        self.values += 1
        if self.values > MOST:
            raise RecipeError(Problem(self.name, f"expands to more than {MOST} values"))
        if isinstance(node, yaml.MappingNode) and node.tag.endswith(":map"):
            return dict(self.items(node, keys))
        if isinstance(node, yaml.SequenceNode) and node.tag.endswith(":seq"):
            return [self.item(child, (*keys, at)) for at, child in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode) or node.tag not in PLAIN:
            return self.fault(node, f"the tag {_tag(node)} is not allowed", "plain values only")
        try:
            return self.scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            return self.fault(node, f"{node.value[:40]!r} cannot be read as {_tag(node)}")

    def item(self, node: yaml.Node, keys: Keys) -> Any:
        self.lines[keys] = node.start_mark.line + 1
        return self.value(node, keys)

    def items(self, node: yaml.MappingNode, keys: Keys) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for name_node, child in node.value:
            name = name_node.value
            line = name_node.start_mark.line + 1
            if name_node.tag.endswith(":merge"):
                self.fault(name_node, "<< is not read here", "write the keys out")
            elif not isinstance(name, str) or name_node.tag != "tag:yaml.org,2002:str":
                self.fault(name_node, f"the key {_key(name)} is not text", "put it in quotes")
            elif name in seen:
                self.fault(name_node, f"{name!r} stands here a second time", _first(seen[name]))
            else:
                seen[name] = self.lines[(*keys, name)] = line
                yield name, self.value(child, (*keys, name))

    def fault(self, node: yaml.Node, message: str, hint: str = "") -> Unusable:
        place = f"{self.name}:{node.start_mark.line + 1}"
        self.problems.append(Problem(place, message, hint))
        return Unusable("")


def _tag(node: yaml.Node) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "!!")


def _key(name: Any) -> str:
    return name if isinstance(name, str) else "of this entry"


def _first(line: int) -> str:
    return f"first in line {line}"
