"""Settings that a search may change: of the fit, the model, and the explanation itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from xaiframe.data.module import Ready
from xaiframe.recipe import Node, Recipe
from xaiframe.runner.subject import Tools

DIRECTIONS = ("perturbation", "gradient")
TUNABLE = "fit.*, model.*, data.*, reference.*, perturbation.<method>.* and gradient.<method>.*"


def refits(keys: Iterable[str]) -> bool:
    """Whether any of these settings makes another model; else only the explanation changes."""
    return any(key.startswith(("fit.", "model.")) for key in keys)


def recuts(keys: Iterable[str]) -> bool:
    """Whether any of these settings makes explanations speak of other features."""
    return any(key.startswith("data.") for key in keys)


def methods_of(keys: Iterable[str]) -> list[str]:
    """The methods whose own parameters are among these settings."""
    named = (key.split(".") for key in keys)
    return list(dict.fromkeys(one[1] for one in named if one[0] in DIRECTIONS))


def with_parameters(recipe: Recipe, parameters: Mapping[str, Any]) -> Recipe:
    """The recipe with dotted keys set: ``fit.learning_rate``, ``reference.rows``,
    ``perturbation.lime.samples``. Raises ValueError for what cannot be tuned."""
    found = recipe
    for key, value in parameters.items():
        section, *names = key.split(".")
        if section == "fit" and len(names) == 1:
            found = replace(found, fit=replace(found.fit, **{names[0]: value}))
        elif section == "reference" and len(names) == 1:
            found = replace(found, reference=replace(found.reference, **{names[0]: value}))
        elif section == "data" and len(names) == 1:
            found = replace(found, data={**found.data, names[0]: value})
        elif section == "model" and len(names) == 1:
            found = replace(found, model={**found.model, names[0]: value})
        elif section == "model" and len(names) == 2:  # an argument of a class of the user's
            inner = {**(found.model.get(names[0]) or {}), names[1]: value}
            found = replace(found, model={**found.model, names[0]: inner})
        elif section == "perturbation" and len(names) == 2 and names[0] in found.perturbation:
            found = replace(
                found, perturbation=_with(found.perturbation, names[0], names[1], value)
            )
        elif section == "gradient" and len(names) == 2 and names[0] in found.gradient:
            found = replace(found, gradient=_with(found.gradient, names[0], names[1], value))
        else:
            raise ValueError(f"{key} cannot be tuned; only {TUNABLE} can, of methods in the recipe")
    return found


def _with(group: Mapping[str, Node], method: str, name: str, value: Any) -> dict[str, Node]:
    return {**group, method: {**group[method], name: value}}


def current(recipe: Recipe, keys: Sequence[str]) -> dict[str, Any]:
    """What the recipe itself sets for each dotted key, where it does: the study's first trial."""
    groups: dict[str, Mapping[str, Any]] = {
        "fit": asdict(recipe.fit),
        "reference": asdict(recipe.reference),
        "model": recipe.model,
        "data": recipe.data,
    }
    for direction in DIRECTIONS:
        groups |= {f"{direction}.{name}": one for name, one in getattr(recipe, direction).items()}
    groups |= {f"model.{key}": one for key, one in recipe.model.items() if isinstance(one, Mapping)}
    known = {
        f"{group}.{name}": value for group, one in groups.items() for name, value in one.items()
    }
    return {key: known[key] for key in keys if key in known}


def retooled(
    tools: Tools, parameters: Mapping[str, Any], build: Callable[[Mapping[str, Any]], Any]
) -> Tools:
    """The tools under these settings; what they do not touch stays the very same object.

    Raises ValueError for a method that does not apply, a value that its class refuses, or what
    decides of the data more than the features that explanations speak of.
    """
    recipe, methods = with_parameters(tools.recipe, parameters), dict(tools.methods)
    for key in parameters:
        section, name, *_ = key.split(".")
        if section in DIRECTIONS:
            if name not in methods[section]:
                raise ValueError(f"{key} cannot be tuned: {name} does not apply")
            node = getattr(recipe, section)[name]
            methods[section] = {**methods[section], name: build(node)}
    changed = any(key.startswith("model.") for key in parameters)
    architecture = build(recipe.model) if changed else tools.architecture
    found = replace(tools, recipe=recipe, architecture=architecture, methods=methods)
    cut = {key.removeprefix("data."): value for key, value in parameters.items() if recuts([key])}
    for name in cut:
        if name not in tools.module.interpretable:
            raise ValueError(f"data.{name} cannot be tuned: it decides what the model sees")
    return replace(found, module=Ready(tools.module.recut(cut))) if cut else found
