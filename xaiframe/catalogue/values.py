"""Values from YAML: do they fit a type as written, and what does a declared cost come to."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def check_value(value: Any, annotation: str) -> str | None:
    """None when ``value`` fits ``annotation``, otherwise what was expected, in words.

    Knows int, float, str, bool, None, Path, Literal, Sequence, list, tuple, Mapping, dict, unions
    and Any; a type it does not know fits everything. A truth value is never a number.
    """
    node = ast.parse(annotation or "Any", mode="eval").body
    return None if _fits(value, node) else _words(node)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


SIMPLE: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "int": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "float": (_is_number, "a number"),
    "str": (lambda value: isinstance(value, str), "text"),
    "Path": (lambda value: isinstance(value, (str, os.PathLike)), "a path"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "None": (lambda value: value is None, "null"),
}
PLURAL = {"a whole number": "whole numbers", "a number": "numbers", "text": "texts"}
LISTS = {"Sequence", "list", "List", "tuple", "Tuple", "Iterable", "Collection"}
MAPPINGS = {"Mapping", "dict", "Dict", "MutableMapping"}


def _head(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """``Sequence[int]`` → ("Sequence", [int]); ``a | b``, ``Union[a, b]`` → ("Union", [a, b])."""
    if isinstance(node, ast.BinOp):
        return "Union", [part for side in (node.left, node.right) for part in _members(side)]
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value).split(".")[-1]
        items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        return ("Union", [*items, ast.Constant(None)]) if name == "Optional" else (name, items)
    return ast.unparse(node).split(".")[-1], []


def _members(node: ast.expr) -> list[ast.expr]:
    name, items = _head(node)
    return items if name == "Union" else [node]


def _fits(value: Any, node: ast.expr) -> bool:
    name, items = _head(node)
    if name in SIMPLE:
        return SIMPLE[name][0](value)
    if name == "Union":
        return any(_fits(value, item) for item in items)
    if name == "Literal":
        return any(
            value == one and type(value) is type(one) for one in map(ast.literal_eval, items)
        )
    if name in LISTS:
        return _is_list(value) and _items_fit(value, name, items)
    if name in MAPPINGS:
        return isinstance(value, Mapping) and (
            len(items) != 2
            or all(_fits(key, items[0]) and _fits(one, items[1]) for key, one in value.items())
        )
    return True


def _items_fit(value: Sequence[Any], name: str, items: list[ast.expr]) -> bool:
    fixed = name.lower() == "tuple" and items and ast.unparse(items[-1]) != "..."
    if fixed:
        return len(value) == len(items) and all(map(_fits, value, items))
    return not items or all(_fits(one, items[0]) for one in value)


def _words(node: ast.expr) -> str:
    name, items = _head(node)
    if name in SIMPLE:
        return SIMPLE[name][1]
    if name == "Union":
        return " or ".join(_words(item) for item in items)
    if name == "Literal":
        return "one of " + ", ".join(str(ast.literal_eval(item)) for item in items)
    if name in LISTS:
        inner = _words(items[0]) if items else ""
        return f"a list of {PLURAL.get(inner, inner)}" if inner else "a list"
    if name in MAPPINGS:
        inner = _words(items[1]) if len(items) == 2 else ""
        return f"a mapping to {PLURAL.get(inner, inner)}" if inner else "a mapping"
    return "any value" if name == "Any" else name


# Arithmetic of declared costs

OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Pow: lambda base, exponent: _power(base, exponent),  # noqa: PLW0108 (defined below)
}
CALLS: Mapping[str, Callable[..., float]] = {"min": min, "max": max}
LARGEST_EXPONENT = 64


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > LARGEST_EXPONENT:
        raise ValueError(f"an exponent of {exponent:g} is above {LARGEST_EXPONENT}")
    return float(base) ** exponent


def cost(expression: str, names: Mapping[str, float | None]) -> float | None:
    """The value of an arithmetic expression (+ - * / // ** min max), None if a name is unknown.

    Raises ValueError when the expression is more than arithmetic.
    """
    try:
        return arithmetic(ast.parse(expression, mode="eval").body, names)
    except (SyntaxError, ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"{expression!r} cannot be calculated: {error}") from error


def arithmetic(node: ast.expr, names: Mapping[str, float | None]) -> float | None:
    """The value of a parsed expression; see :func:`cost`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    operation, operands = _operation(node)
    values = [arithmetic(operand, names) for operand in operands]
    known = [value for value in values if value is not None]
    return operation(*known) if len(known) == len(values) else None


def _operation(node: ast.expr) -> tuple[Callable[..., float], Sequence[ast.expr]]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return lambda value: -value, [node.operand]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)], [node.left, node.right]
    if isinstance(node, ast.Call) and not node.keywords and len(node.args) > 1:
        name = ast.unparse(node.func)
        if name in CALLS:
            return CALLS[name], node.args
    raise ValueError(f"{ast.unparse(node)!r} is not arithmetic")
