"""Python source read as source: definitions, literals and types, with nothing imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from xaiframe.catalogue.values import arithmetic


class Missing:
    """The default of a parameter that has none (or none that can be read without running code)."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
HOPS = 8
"""How many re-exports and base classes are followed before a name counts as unknown."""


Definition = ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class Module:
    """A parsed source file and the name it is imported under."""

    name: str
    tree: ast.Module
    is_package: bool

    def definition(self, name: str) -> Definition | None:
        for node in self.statements():
            if isinstance(node, Definition) and node.name == name:
                return node
        return None

    def statements(self) -> Iterator[ast.stmt]:
        """Top-level statements, and those under a top-level ``if`` or ``try``."""
        queue: list[ast.stmt] = list(self.tree.body)
        while queue:
            node = queue.pop(0)
            yield node
            if isinstance(node, (ast.If, ast.Try)):
                queue[:0] = [*node.body, *node.orelse]

    def imported(self, name: str) -> tuple[str, str] | None:
        """(module, original name) behind an imported ``name``; original name "" for a module."""
        for node in self.statements():
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        return self._absolute(node), alias.name
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if (alias.asname or alias.name.split(".")[0]) == name:
                        return alias.name if alias.asname else name, ""
        return None

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        up = node.level - (1 if self.is_package else 0)
        parts = self.name.split(".")[: -up or None]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def constant(self, name: str) -> ast.expr | None:
        """The expression a module-level name is assigned, once."""
        for node in self.tree.body:
            if not isinstance(node, (ast.Assign, ast.AnnAssign)):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [ast.unparse(target) for target in targets] == [name]:
                return node.value
        return None


@cache
def module_named(name: str) -> Module | None:
    """The parsed source of ``package.module``, None where there is none to read."""
    file = _file(name)
    try:
        tree = ast.parse(file.read_bytes()) if file else None
    except (SyntaxError, ValueError):
        return None
    return Module(name, tree, file.name == "__init__.py") if file and tree else None


def _file(name: str) -> Path | None:
    """Where a module is written; only the top-level package is asked for, so that nothing runs."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    locations = list(spec.submodule_search_locations or ())
    candidates = [Path(location, *rest) for location in locations]
    files = [path / "__init__.py" for path in candidates]
    files += [path.with_suffix(".py") for path in candidates if rest]
    if not locations and not rest and spec.origin:
        files = [Path(spec.origin)]
    return next((one for one in files if one.suffix == ".py" and one.is_file()), None)


def find(module: str, name: str, hops: int) -> tuple[Module, Definition] | None:
    """The class or function ``name`` of ``module``, followed through re-exports."""
    scope = module_named(module)
    if scope is None or hops == 0:
        return None
    node = scope.definition(name)
    if node is not None:
        return scope, node
    origin = scope.imported(name)
    return find(*origin, hops - 1) if origin and origin[1] else None


def resolve(scope: Module, expression: ast.expr, hops: int) -> tuple[Module, Definition] | None:
    """The definition that a base such as ``Method`` or ``explanation.Method`` stands for."""
    if isinstance(expression, ast.Subscript):
        expression = expression.value
    parts = ast.unparse(expression).split(".")
    if len(parts) == 1:
        return find(scope.name, parts[0], hops)
    origin = scope.imported(parts[0])
    if origin is None:
        return None
    return find(".".join([*filter(None, origin), *parts[1:-1]]), parts[-1], hops)


class _Aliases(ast.NodeTransformer):
    """Replaces a type's alias (``Output``) by what it stands for (``Literal[…]``)."""

    def __init__(self, scope: Module, hops: int) -> None:
        self.scope = scope
        self.hops = hops

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if ast.unparse(node.value).split(".")[-1] == "Literal":
            return node
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, str):
            return node
        return self.visit(ast.parse(node.value, mode="eval").body)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self.scope.constant(node.id)
        if value is not None and self.hops:
            return _Aliases(self.scope, self.hops - 1).visit(value)
        origin = self.scope.imported(node.id)
        if origin is None or not origin[1] or origin[0] in {"typing", "collections.abc"}:
            return node
        module = module_named(origin[0]) if self.hops else None
        if module is None or module.constant(origin[1]) is None:
            return node
        return _Aliases(module, self.hops - 1).visit_Name(ast.Name(origin[1]))


def annotation(scope: Module, node: ast.expr) -> str:
    """A type as written, with the aliases it uses spelled out."""
    fresh = ast.parse(ast.unparse(node), mode="eval").body
    return ast.unparse(_Aliases(scope, HOPS).visit(fresh))


EMPTY: Mapping[str, Callable[[], Any]] = {"dict": dict, "list": list, "tuple": tuple}


def literal(scope: Module, node: ast.expr, hops: int = HOPS) -> Any:
    """The value of a literal, of a named literal or of ``dict()``; MISSING for anything else."""
    if isinstance(node, ast.Name) and hops:
        value = scope.constant(node.id)
        return MISSING if value is None else literal(scope, value, hops - 1)
    if isinstance(node, ast.Call) and not node.args and not node.keywords:
        return EMPTY.get(ast.unparse(node.func), lambda: MISSING)()
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return _calculated(node)


def _calculated(node: ast.expr) -> Any:
    """``1 / 255`` and the like."""
    try:
        value = arithmetic(node, {})
    except (ValueError, ArithmeticError):
        return MISSING
    return MISSING if value is None else value
