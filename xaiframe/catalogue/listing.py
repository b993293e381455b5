"""What may be chosen, read from source and YAML without importing a single method."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from xaiframe.catalogue.source import (
    HOPS,
    MISSING,
    Definition,
    Module,
    annotation,
    find,
    literal,
    resolve,
)
from xaiframe.catalogue.values import check_value, cost

__all__ = [
    "AXES",
    "MISSING",
    "Description",
    "Entry",
    "Parameter",
    "UnknownTarget",
    "check_value",
    "choices",
    "cost",
    "describe",
    "entries",
    "groups",
    "house",
    "search_path",
]

AXES = ("scope", "access", "usage", "reach", "direction")
"""The taxonomy every method of explanation has its place in (METHOD §2)."""


class UnknownTarget(KeyError):
    """No such class can be found; the message names the target."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Parameter:
    """One key a choice may set: its type as written, its default, whether it must be given."""

    name: str
    annotation: str
    default: Any
    required: bool


@dataclass(frozen=True)
class Description:
    """A class as its source states it.

    facts: literals of the class body, with those of its bases beneath; doc: first line of the
    docstring; open: whether the constructor takes further keywords (``**kwargs``).
    """

    target: str
    parameters: tuple[Parameter, ...]
    facts: dict[str, Any]
    doc: str
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    def parameter(self, name: str) -> Parameter | None:
        return next((one for one in self.parameters if one.name == name), None)


@cache
def describe(target: str) -> Description:
    """Parameters and facts of ``package.module.Class``, read from its source without importing it.

    Raises :class:`UnknownTarget` when there is no such module or class.
    """
    module, _, name = target.rpartition(".")
    found = find(module, name, HOPS) if module else None
    if found is None:
        raise UnknownTarget(f"there is no {target}")
    scope, node = found
    if isinstance(node, ast.ClassDef):
        return replace(_describe_class(scope, node, HOPS), target=target)
    parameters, further = _arguments(scope, node, skip=0)
    return Description(target, parameters, {}, _first_line(node), further)


def _describe_class(scope: Module, node: ast.ClassDef, hops: int) -> Description:
    facts: dict[str, Any] = {}
    parameters: dict[str, Parameter] = {}
    further = False
    for base in reversed(node.bases):
        found = resolve(scope, base, hops - 1) if hops else None
        if found and isinstance(found[1], ast.ClassDef):
            inherited = _describe_class(found[0], found[1], hops - 1)
            facts |= inherited.facts
            parameters |= {one.name: one for one in inherited.parameters}
            further = further or inherited.open
    facts |= dict(_facts(scope, node))
    explicit = next(
        (one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"),
        None,
    )
    if explicit is not None:
        own, further = _arguments(scope, explicit, skip=1)
        # what further keywords there may be is said by the bases they are passed on to
        parameters = (parameters if further else {}) | {one.name: one for one in own}
    elif _is_dataclass(node):
        parameters |= {one.name: one for one in _fields(scope, node)}
    return Description(node.name, tuple(parameters.values()), facts, _first_line(node), further)


def _is_dataclass(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)


def _facts(scope: Module, node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    """Literal assignments; annotated ones too where they are no dataclass fields."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            if _is_dataclass(node) and "ClassVar" not in ast.unparse(statement.annotation):
                continue
            target, value = statement.target, statement.value
        else:
            continue
        content = literal(scope, value)
        if isinstance(target, ast.Name) and content is not MISSING:
            yield target.id, content


def _fields(scope: Module, node: ast.ClassDef) -> Iterator[Parameter]:
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        written = annotation(scope, statement.annotation)
        if written.startswith(("ClassVar", "typing.ClassVar")):
            continue
        value = statement.value
        if isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] == "field":
            options = {keyword.arg: keyword.value for keyword in value.keywords}
            if ast.unparse(options.get("init", ast.Constant(True))) == "False":
                continue
            value = options.get("default")
            factory = options.get("default_factory")
            if factory is not None:
                value = ast.Call(factory, [], [])
        default = MISSING if value is None else literal(scope, value)
        yield Parameter(statement.target.id, written, default, value is None)


def _arguments(
    scope: Module, node: ast.FunctionDef, skip: int
) -> tuple[tuple[Parameter, ...], bool]:
    """Parameters of a signature without ``self``, and whether it takes further keywords."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    blank: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    pairs = [*zip(positional, [*blank, *arguments.defaults], strict=True)][skip:]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found = [
        Parameter(
            argument.arg,
            annotation(scope, argument.annotation) if argument.annotation else "Any",
            MISSING if default is None else literal(scope, default),
            default is None,
        )
        for argument, default in pairs
    ]
    return tuple(found), arguments.kwarg is not None


def _first_line(node: Definition) -> str:
    return (ast.get_docstring(node) or "").split("\n")[0].strip()


def house() -> Path:
    """The folder of the choices that come with xaiframe (installed or in a checkout)."""
    package = Path(__file__).parent.parent
    return package / "conf" if (package / "conf").is_dir() else package.parent / "conf"


def search_path(folder: Path | None = None) -> list[Path]:
    """Folders of choices, the first wins: ``conf/`` in a folder (this one), then the house's."""
    own = (folder or Path()) / "conf"
    mine = [own] if own.is_dir() and own.resolve() != house().resolve() else []
    return [*mine, house()]


def groups(conf: Sequence[Path]) -> list[str]:
    """Folders that hold choices, in the reading order of the first audit.yaml, others after."""
    names = {
        file.parent.name for folder in conf if folder.is_dir() for file in folder.glob("*/*.yaml")
    }
    main = next((one / "audit.yaml" for one in conf if (one / "audit.yaml").is_file()), None)
    ordered = _reading_order(main) if main else []
    return [name for name in ordered if name in names] + sorted(names.difference(ordered))


def _reading_order(main: Path) -> list[str]:
    content = yaml.safe_load(main.read_text(encoding="utf-8")) or {}
    return [key for item in content.get("defaults", ()) if isinstance(item, dict) for key in item]


def choices(group: str, conf: Sequence[Path]) -> dict[str, Path]:
    """Choice → YAML file of a group, sorted by name; the first folder of the path wins."""
    found: dict[str, Path] = {}
    for folder in conf:
        for file in (folder / group).glob("*.yaml"):
            found.setdefault(file.stem, file)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Entry:
    """One choice on the search path: its file, its keys as set there, and its class if it has one.

    ``doc`` is one sentence: a prescription's reason, the comment the YAML begins with, or the
    first line of the class's docstring.
    """

    group: str
    choice: str
    file: Path
    node: Mapping[str, Any]
    description: Description | None
    doc: str

    def to_dict(self) -> dict[str, Any]:
        """What ``list --json`` prints; a parameter's default is the value its YAML sets."""
        described = self.description or Description("", (), {}, self.doc)
        return {
            "group": self.group,
            "choice": self.choice,
            "doc": self.doc,
            "file": str(self.file),
            "target": described.target,
            "reference": described.facts.get("reference", ""),
            "facts": described.facts,
            "parameters": [
                {
                    "name": one.name,
                    "type": one.annotation,
                    "required": one.required and one.name not in self.node,
                    "default": self.value(one),
                }
                for one in described.parameters
            ],
        }

    def value(self, parameter: Parameter) -> Any:
        """What the parameter is when a recipe says nothing."""
        value = self.node.get(parameter.name, parameter.default)
        return None if value is MISSING else value


def entries(group: str, conf: Sequence[Path]) -> list[Entry]:
    """Every choice of a group, read from YAML and source."""
    return [_entry(group, choice, file) for choice, file in choices(group, conf).items()]


def _entry(group: str, choice: str, file: Path) -> Entry:
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    own = content.get(choice) if list(content) == [choice] else None
    node = own if isinstance(own, Mapping) else content
    try:
        description = describe(str(node["_target_"])) if "_target_" in node else None
    except UnknownTarget as error:
        return Entry(group, choice, file, node, None, str(error))
    told = node.get("because") or _comment(file) or (description.doc if description else "")
    return Entry(group, choice, file, node, description, _first_sentence(str(told)))


def _comment(file: Path) -> str:
    """What the file says of itself: the comment it begins with."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return " ".join(line.lstrip("# ") for line in takewhile(lambda one: one.startswith("#"), lines))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(text.split()), maxsplit=1)[0]
