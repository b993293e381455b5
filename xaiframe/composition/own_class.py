"""What a choice says of the class of the user's that it makes: its arguments, what is searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xaiframe.catalogue.listing import MISSING, Description, Parameter, UnknownTarget, describe
from xaiframe.model.estimators.spaces import SPACES
from xaiframe.policy.reading import near

PLAIN = frozenset({"int", "float", "str", "bool", "None"})
"""Types of arguments that ranges and choices are held against."""
INSIDE = "__"
"""Marks a parameter of an estimator inside another."""


def inner(node: Mapping[str, Any], model: Description) -> Iterator[tuple[str, Description]]:
    """The parameters of ``model`` that are arguments of a class which another one names, and that
    class as its source states it; not where it cannot be found, for preflight to say."""
    for key, source in model.facts.get("arguments", {}).items():
        try:
            yield key, describe(str(node.get(source)))
        except UnknownTarget:
            continue


def arguments(node: Mapping[str, Any], model: Description) -> dict[str, Parameter]:
    """The arguments of the user's class, as ``params.width``; those of estimators inside only
    where the node sets them. One without a plain type takes any number or choice."""
    found = {}
    for key, described in inner(node, model):
        given = node.get(key) or {}
        deeper = [Parameter(name, "Any", MISSING, False) for name in given if INSIDE in name]
        for one in (*described.parameters, *deeper):
            kind = one.annotation if set(one.annotation.split(" | ")) <= PLAIN else "float | Any"
            found[f"{key}.{one.name}"] = Parameter(one.name, kind, one.default, one.required)
    return found


def faults(node: Mapping[str, Any], model: Description) -> Iterator[tuple[str, str, str]]:
    """(key, message, hint) of every argument that the user's class does not have."""
    for key, described in inner(node, model):
        known = described.names
        if described.open or not known:
            continue
        for name in node.get(key) or {}:
            if name not in known and INSIDE not in name:
                yield f"{key}.{name}", f"{described.target} has no {name}", near(name, known)


def space(node: Mapping[str, Any], model: Description) -> dict[str, Any]:
    """What is searched of the model where the recipe says nothing, by parameter: its fact
    ``space``, and what suits a well-known class that it makes."""
    found = dict(model.facts.get("space", {}))
    for key, described in inner(node, model):
        suits = SPACES.get(described.target.rpartition(".")[2], {})
        found |= {f"{key}.{name}": dict(limits) for name, limits in suits.items()}
    return found


def default(node: Mapping[str, Any], model: Description, name: str) -> Any:
    """What the user's class sets for ``params.width`` by itself; MISSING where it does not."""
    found = arguments(node, model).get(name)
    return MISSING if found is None else found.default
