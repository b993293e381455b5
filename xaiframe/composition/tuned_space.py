"""The search space of a recipe: what does not fit the chosen model is not searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from xaiframe.catalogue.listing import describe
from xaiframe.catalogue.reader import Keys
from xaiframe.composition.layers import Layers, dotted
from xaiframe.recipe import RANGE_KEYS

SPACE = ("tuning", "space")


def fitting_space(
    config: dict[str, Any], layers: Layers, model: list[str], switched: bool
) -> list[str]:
    """Add the model's own ranges (its fact ``space``), and set to null those of parameters that it
    does not have; returns the notices.

    Only the house's own ranges, and the recipe's where an override ``switched`` the model: any
    other is a mistake of the recipe, for the plan to name. What recipe or override say of a
    parameter stands.
    """
    space = config["tuning"].get("space")
    described = describe(config["model"]["_target_"])
    known = described.names
    notices = []
    for keys, value in list(_ranges(space if isinstance(space, Mapping) else {})):
        group, _, name = dotted(keys).partition(".")
        origin = layers.place((*SPACE, *keys)).origin
        forgiven = origin == "house" or (origin == "recipe" and switched)
        if group == "model" and name not in known and value is not None and forgiven:
            _node(space, keys[:-1])[keys[-1]] = None
            notices.append(f"tuning.space.{dotted(keys)} is not searched: {model[0]} has no {name}")
    if isinstance(space, dict):
        for name, limits in described.facts.get("space", {}).items():
            if f"model.{name}" not in space:
                space.setdefault("model", {}).setdefault(name, dict(limits))
    return notices


def pruned(config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` without the ranges, objectives and constraints that are null, which say: not
    this one."""
    found = deepcopy(dict(config))
    for key in ("objectives", "constraints"):
        named = found["tuning"].get(key)
        if isinstance(named, dict):
            found["tuning"][key] = {name: one for name, one in named.items() if one is not None}
    space = found["tuning"].get("space")
    if isinstance(space, dict):
        found["tuning"]["space"] = _without_null(space)
    return found


def _ranges(space: Mapping[str, Any], keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    for key, value in space.items():
        if isinstance(value, Mapping) and not RANGE_KEYS & set(value):
            yield from _ranges(value, (*keys, key))
        else:
            yield (*keys, key), value


def _without_null(space: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        key: value
        if not isinstance(value, Mapping) or RANGE_KEYS & set(value)
        else _without_null(value)
        for key, value in space.items()
        if value is not None
    }
    return {key: value for key, value in kept.items() if value != {}}


def _node(space: Any, keys: Keys) -> Any:
    for key in keys:
        space = space[key]
    return space
