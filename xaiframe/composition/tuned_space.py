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
DIRECTIONS = ("perturbation", "gradient")


def fitting_space(
    config: dict[str, Any],
    layers: Layers,
    model: list[str],
    switched: bool,
    retuned: bool = False,
) -> list[str]:
    """Add the model's own ranges (its fact ``space``), and set to null those of parameters that it
    does not have and those of methods that are not selected; returns the notices.

    Only the house's own ranges, and the recipe's where an override ``switched`` the model: any
    other is a mistake of the recipe, for the plan to name. What recipe or override say of a
    parameter stands. A search of explanations leaves the model as it is: it takes no ranges of the
    model, nor those that the recipe meant for another search, where an override ``retuned`` it.
    """
    space = config["tuning"].get("space")
    described = describe(config["model"]["_target_"])
    known = described.names
    ranges = list(_ranges(space if isinstance(space, Mapping) else {}))
    explains = any(_origin(layers, keys) == "house" and keys[0] in DIRECTIONS for keys, _ in ranges)
    notices = _unselected(config, layers, ranges)
    if explains:
        notices += _left_alone(space, layers, ranges, described.facts.get("space", {}), retuned)
        return notices
    for keys, value in ranges:
        group, _, name = dotted(keys).partition(".")
        origin = _origin(layers, keys)
        forgiven = origin == "house" or (origin == "recipe" and switched)
        if group == "model" and name not in known and value is not None and forgiven:
            _node(space, keys[:-1])[keys[-1]] = None
            notices.append(f"tuning.space.{dotted(keys)} is not searched: {model[0]} has no {name}")
    if isinstance(space, dict):
        for name, limits in described.facts.get("space", {}).items():
            if f"model.{name}" not in space:
                space.setdefault("model", {}).setdefault(name, dict(limits))
    return notices


def _unselected(
    config: dict[str, Any], layers: Layers, ranges: list[tuple[Keys, Any]]
) -> list[str]:
    """Set to null the house's ranges of methods that are not selected."""
    notices = []
    for keys, value in ranges:
        group, *rest = dotted(keys).split(".")
        if group not in DIRECTIONS or not rest or value is None:
            continue
        if rest[0] not in config[group] and _origin(layers, keys) == "house":
            _node(config["tuning"]["space"], keys[:-1])[keys[-1]] = None
            notices.append(
                f"tuning.space.{dotted(keys)} is not searched: {rest[0]} is not selected"
            )
    return notices


def _left_alone(
    space: dict[str, Any],
    layers: Layers,
    ranges: list[tuple[Keys, Any]],
    own: Mapping[str, Any],
    retuned: bool,
) -> list[str]:
    """Set to null the ranges of fit and model that a search of explanations does not take."""
    notices = []
    for keys, value in ranges:
        meant = retuned and _origin(layers, keys) == "recipe"
        if str(keys[0]).split(".")[0] in ("fit", "model") and meant and value is not None:
            _node(space, keys[:-1])[keys[-1]] = None
            notices.append(
                f"tuning.space.{dotted(keys)} is not searched: explanations are, of one model"
            )
    for name in own:
        if f"model.{name}" not in space:
            space.setdefault("model", {}).setdefault(name, None)
    return notices


def _origin(layers: Layers, keys: Keys) -> str:
    """Who set a range: house, recipe or an override."""
    return str(layers.place((*SPACE, *keys)).origin)


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
