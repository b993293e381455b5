"""The frozen recipe: every choice and every value of a run, as a recipe that takes overrides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from xaiframe.catalogue.reader import Loader
from xaiframe.composition.layers import Layers
from xaiframe.composition.selection import MULTIPLE, SINGLE

HEAD = "# Every choice and value of one audit. Runs again as it is, and takes overrides.\n"
INTERPOLATION = re.compile(r"(\\*)\$\{")


class Dumper(yaml.SafeDumper):
    """Quotes whatever the reader of recipes would not take for text; writes no aliases."""

    yaml_implicit_resolvers = Loader.yaml_implicit_resolvers

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def dump(content: Mapping[str, Any]) -> str:
    """YAML in the order given; reads back as exactly ``content``."""
    return yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


def freeze(
    config: Mapping[str, Any],
    chosen: Mapping[str, Sequence[str]],
    stock: Layers,
    searchpath: Sequence[Path],
) -> str:
    """The text of ``recipe.yaml``.

    ``stock`` holds the choices as their YAML files say: a node keeps its ``_target_`` only where
    it says something else. ``searchpath`` are the user's own folders of choices.
    """
    overrides = [
        {f"override {group}": list(names) if group in MULTIPLE else names[0]}
        for group, names in chosen.items()
    ]
    frozen: dict[str, Any] = {"defaults": ["audit", *overrides, "_self_"]}
    if searchpath:
        frozen["hydra"] = {"searchpath": [f"file://{folder}" for folder in searchpath]}
    for key, value in config.items():
        beneath = _beneath(key, value, stock)
        if beneath or key not in chosen:
            frozen[key] = escaped(beneath)
    return HEAD + dump(frozen)


def _beneath(key: str, value: Any, stock: Layers) -> Any:
    if key in SINGLE:
        return _values(value, stock.get(key))
    if key in MULTIPLE:
        nodes = {name: _values(node, stock.get(key, name)) for name, node in value.items()}
        return {name: node for name, node in nodes.items() if node}
    return value


def _values(node: Mapping[str, Any], stock: Any) -> dict[str, Any]:
    same = isinstance(stock, Mapping) and stock.get("_target_") == node.get("_target_")
    return {key: value for key, value in node.items() if key != "_target_" or not same}


def escaped(value: Any) -> Any:
    """``${`` in a resolved text is text: escape it, with the backslashes before it."""
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return INTERPOLATION.sub(r"\1\1\\${", value) if isinstance(value, str) else value
