"""References between values, ``${fit.epochs}``: resolved before anything is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antlr4 import ParserRuleContext
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from omegaconf.grammar.gen.OmegaConfGrammarParser import OmegaConfGrammarParser
from omegaconf.grammar_parser import parse

from xaiframe.catalogue.reader import Keys, Unusable
from xaiframe.composition.layers import Layers, walk
from xaiframe.errors import Problem

RESOLVERS = ("oc.select", "oc.dict.keys", "oc.dict.values")
"""Functions a value may call; those that read the environment or the clock are not among them."""


def resolve(layers: Layers) -> list[Problem]:
    """Replace every reference in ``layers`` by what it stands for; returns those that cannot be."""
    problems: list[Problem] = []
    found = [(keys, value) for keys, value in walk(layers.values) if is_reference(value)]
    for keys, value in found:
        reason = refused(value)
        if reason:
            hint = "only " + ", ".join(f"${{{name}:…}}" for name in RESOLVERS)
            problems.append(Problem(layers.place(keys).text, reason, hint))
            _set(layers.values, keys, Unusable(""))
    if not found:
        return problems
    root = OmegaConf.create(_plain(layers.values))
    for keys, value in found:
        if isinstance(_get(layers.values, keys), Unusable):
            continue
        try:
            resolved = _get(root, keys)
            plain = OmegaConf.is_config(resolved)
            resolved = OmegaConf.to_container(resolved, resolve=True) if plain else resolved
        except (OmegaConfBaseException, ValueError, RecursionError) as error:
            reason = str(error).splitlines()[0] if str(error) else "it refers to itself"
            reason = reason.rpartition("interpolation: ")[2]
            problems.append(Problem(layers.place(keys).text, f"{value} leads nowhere: {reason}"))
            resolved = Unusable("")
        _set(layers.values, keys, resolved)
    return problems


def is_reference(value: Any) -> bool:
    """Whether a value is a text that refers to another value."""
    return isinstance(value, str) and "${" in value


def refused(value: str) -> str:
    """Why a text with references may not stand in a recipe; empty when it may."""
    try:
        names = list(_resolvers(parse(value)))
    except OmegaConfBaseException as error:
        return f"{value} is no reference: {str(error).splitlines()[0]}"
    wrong = [name for name in names if name not in RESOLVERS]
    return f"{value} calls {wrong[0]}, which is not allowed" if wrong else ""


def _resolvers(context: Any) -> Iterator[str]:
    """Names of all functions called, also within each other's arguments."""
    if isinstance(context, OmegaConfGrammarParser.InterpolationResolverContext):
        yield context.resolverName().getText()
    if isinstance(context, ParserRuleContext):
        for child in context.getChildren():
            yield from _resolvers(child)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Unusable) else value


def _get(root: Any, keys: Keys) -> Any:
    for key in keys:
        root = root[key]
    return root


def _set(root: Any, keys: Keys, value: Any) -> None:
    _get(root, keys[:-1])[keys[-1]] = value
