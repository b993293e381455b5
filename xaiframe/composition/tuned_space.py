"""The search space of a recipe: what does not fit the chosen model is not searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from xaiframe.catalogue.listing import MISSING, Description, describe
from xaiframe.catalogue.reader import Keys
from xaiframe.composition import own_class
from xaiframe.composition.layers import Layers, dotted
from xaiframe.recipe import RANGE_KEYS

SPACE = ("tuning", "space")
DIRECTIONS = ("perturbation", "gradient")
TWO_SIDED = "evaluation.agreement."


def fitting_space(
    config: dict[str, Any],
    layers: Layers,
    model: list[str],
    switched: bool,
    retuned: bool = False,
) -> list[str]:
    """Add the model's own ranges, and set to null those of parameters that it does not have and
    those of methods that are not selected; returns the notices.

    An argument of the user's class that is searched, or usually is, begins at that class's own
    default, which becomes part of the recipe: a search or a prescription starts from it.

    Only the house's own ranges, and the recipe's where an override ``switched`` the model: any
    other is a mistake of the recipe, for the plan to name. What recipe or override say of a
    parameter stands. A search of explanations leaves the model as it is: it takes no ranges of the
    model, nor those that the recipe meant for another search, where an override ``retuned`` it.
    """
    space = config["tuning"].get("space")
    described = describe(config["model"]["_target_"])
    own = own_class.space(config["model"], described)
    _begin(config["model"], described, own)
    ranges = list(_ranges(space if isinstance(space, Mapping) else {}))
    explains = any(_origin(layers, keys) == "house" and keys[0] in DIRECTIONS for keys, _ in ranges)
    notices = _unselected(config, layers, ranges)
    if explains:
        notices += _left_alone(space, layers, ranges, own, retuned)
        return notices
    for keys, value in ranges:
        group, _, name = dotted(keys).partition(".")
        origin = _origin(layers, keys)
        forgiven = origin == "house" or (origin == "recipe" and switched)
        if value is not None and forgiven and not _has(config["model"], described, group, name):
            _node(space, keys[:-1])[keys[-1]] = None
            notices.append(f"tuning.space.{dotted(keys)} is not searched: {model[0]} has no {name}")
    if isinstance(space, dict):
        named = {dotted(keys) for keys, _ in ranges}
        for name, limits in own.items():
            if f"model.{name}" not in named:
                _set(space, ("model", *name.split(".")), dict(limits))
        named = {dotted(keys) for keys, _ in _ranges(space)}
        searched = [name for name in named if name.startswith("model.")]
        _begin(config["model"], described, [one.removeprefix("model.") for one in searched])
    return notices


def _has(node: Mapping[str, Any], model: Description, group: str, name: str) -> bool:
    """Whether a setting of the fit or the model does anything for it."""
    if group == "fit":
        return name in model.facts.get("reads", (name,))
    own = name in model.names or name in own_class.arguments(node, model)
    return own if group == "model" else True


def _begin(node: dict[str, Any], model: Description, names: Iterable[str]) -> None:
    """Write into the model's node the default of each named argument that is not set."""
    for name in sorted(names):
        key, _, argument = name.partition(".")
        if not argument:
            continue
        default = own_class.default(node, model, name)
        if argument not in (node.get(key) or {}) and default is not MISSING:
            plain = list(default) if isinstance(default, tuple) else default
            node[key] = {**(node.get(key) or {}), argument: plain}


def _set(space: dict[str, Any], keys: tuple[str, ...], limits: dict[str, Any] | None) -> None:
    for key in keys[:-1]:
        space = space.setdefault(key, {})
    space[keys[-1]] = limits


def fitting_objectives(config: dict[str, Any], layers: Layers) -> list[str]:
    """Set to null the house's objectives that compare both directions where one is missing;
    returns the notices."""
    objectives = config["tuning"].get("objectives")
    provides = describe(config["model"]["_target_"]).facts.get("provides", ())
    if not isinstance(objectives, dict) or (config["gradient"] and "gradient" in provides):
        return []
    notices = []
    for name, value in objectives.items():
        origin = layers.place(("tuning", "objectives", name)).origin
        if name.startswith(TWO_SIDED) and value is not None and origin == "house":
            objectives[name] = None
            why = "there are no gradients to agree with"
            notices.append(f"tuning.objectives.{name} is not sought: {why}")
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
    named = {dotted(keys) for keys, _ in ranges}
    for name in own:
        if f"model.{name}" not in named:
            _set(space, ("model", *name.split(".")), None)
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
