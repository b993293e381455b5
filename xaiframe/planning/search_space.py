"""Is the search space sound: every tuned key exists, and its range fits the key's type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xaiframe.catalogue.listing import (
    Description,
    Parameter,
    check_value,
    describe,
)
from xaiframe.composition import own_class
from xaiframe.planning.tunable import DIRECTED, cut_faults, cutting, explaining, untunable
from xaiframe.policy.reading import near
from xaiframe.recipe import RANGE_KEYS, Recipe

MEASURED = (
    "model.validation.",
    "evaluation.agreement.",
    "evaluation.fairness.",
    "evaluation.complexity.",
    "evaluation.faithfulness.",
    "evaluation.faithfulness_correlation.",
    "evaluation.infidelity.",
    "evaluation.stability.",
    "explanation.cost.evaluations",
)
"""What a trial measures; the test split is for reporting and decides nothing."""
DIRECTIONS = ("maximize", "minimize")
SCALARS = frozenset({"int", "float"})


def flatten(space: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{model: {hidden: {low: 8}}}`` and ``{"model.hidden": {low: 8}}`` → the latter."""
    found: dict[str, Any] = {}
    for key, value in space.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and not RANGE_KEYS & set(value):
            found |= flatten(value, f"{name}.")
        else:
            found[name] = value
    return found


Fault = tuple[str, str, str]
"""Dotted key, message, hint."""


def space_faults(recipe: Recipe, model: Description, tuning: Description) -> Iterator[Fault]:
    """Everything wrong with ``tuning.space``, ``tuning.objectives``, ``tuning.constraints`` and
    ``pruner``."""
    tunable = {f"model.{one.name}": one for one in model.parameters}
    tunable |= {f"fit.{one.name}": one for one in describe("xaiframe.recipe.Fit").parameters}
    tunable |= explaining(recipe)
    own = {f"model.{key}": one for key, one in own_class.arguments(recipe.model, model).items()}
    tunable |= own
    read = model.facts.get("reads")
    for name, limits in flatten(recipe.tuning.get("space") or {}).items():
        key = f"tuning.space.{name}"
        if name not in tunable:
            yield key, *untunable(recipe, name, tunable)
        elif read is not None and name.startswith("fit.") and name[4:] not in read:
            message = f"does nothing here: of fit the model reads {' and '.join(read)}"
            yield key, message, "its own parameters, model.params.*"
        else:
            for message, hint in _faults(limits, tunable[name]):
                yield key, message, hint
            _, group, argument = (*name.split("."), "", "")[:3]
            if name in own and argument not in (recipe.model.get(group) or {}):
                yield key, "has no value to start from", f"{name}: what it is now"
    if tuning.parameter("space") and not flatten(recipe.tuning.get("space") or {}):
        ranges = [
            f"model.{key}.<name>: {{low: 1, high: 9}}" for key in model.facts.get("arguments", ())
        ]
        yield "tuning.space", "is empty", " or ".join([*ranges, "without one, choose tuning none"])
    yield from cut_faults(recipe, flatten(recipe.tuning.get("space") or {}))
    yield from _objective_faults(recipe, tuning)
    yield from _constraint_faults(recipe)
    yield from _pruner_faults(recipe, model)


def searches(recipe: Recipe, tuning: Description) -> int:
    """How many searches are made: two where a random one is to be beaten."""
    node = recipe.tuning
    controlled = bool(tuning.parameter("control")) and node.get("control", True)
    return 2 if controlled and node.get("sampler") != "random" else 1


def refits(recipe: Recipe) -> bool:
    """Whether a trial fits the model anew; else only the explanation is searched."""
    keys = flatten(recipe.tuning.get("space") or {})
    return any(key.startswith(("fit.", "model.")) for key in keys) or not keys


def _nested(node: Mapping[str, Any], names: list[str], value: Any) -> dict[str, Any]:
    """``node`` with ``value`` at ``names``; of two the inner is an argument of the user's class."""
    if len(names) == 1:
        return {**node, names[0]: value}
    return {**node, names[0]: _nested(node.get(names[0]) or {}, names[1:], value)}


def ends(recipe: Recipe) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Key, group, choice and node at every end and choice of a range of a method or of the model,
    for its class to look at."""
    for name, limits in flatten(recipe.tuning.get("space") or {}).items():
        group, *rest = name.split(".")
        values = limits.get("choices") or [limits["low"], limits["high"]]
        for value in values:
            key = f"tuning.space.{name}"
            if group in DIRECTED:
                node = getattr(recipe, group)[rest[0]]
                yield key, group, rest[0], {**node, rest[1]: value}
            elif group == "model":
                yield key, group, "", _nested(recipe.model, rest, value)


def cuts(recipe: Recipe) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and settings at every end and choice of a range of the features that explanations speak
    of, for the data to look at."""
    known = cutting(recipe)
    for name, limits in flatten(recipe.tuning.get("space") or {}).items():
        group, _, rest = name.partition(".")
        if group == "data":
            for value in limits.get("choices") or [limits["low"], limits["high"]]:
                yield f"tuning.space.{name}", {**known.get(rest, {}), rest: value}


def _faults(limits: Any, parameter: Parameter) -> Iterator[tuple[str, str]]:
    """(message, hint) for each fault of one range."""
    if not isinstance(limits, Mapping):
        yield "is not a range", "{low: 1, high: 8} or {choices: [1, 2]}"
        return
    for key in sorted(set(limits) - RANGE_KEYS):
        yield f"unknown key {key!r}", near(key, RANGE_KEYS)
    if "choices" in limits:
        yield from _choice_faults(limits["choices"], parameter)
        return
    kind = scalar_type(parameter.annotation)
    if kind is None:
        yield f"{parameter.name} has no numeric range", "{choices: [...]}"
        return
    ends: dict[str, Any] = {key: limits.get(key) for key in ("low", "high")}
    wrong = {key: expected for key, end in ends.items() if (expected := check_value(end, kind))}
    for key, expected in wrong.items():
        yield f"{key} is {ends[key]!r}", f"expected {expected}"
    if not wrong:
        yield from _order_faults(float(ends["low"]), float(ends["high"]), bool(limits.get("log")))


def _order_faults(low: float, high: float, log: bool) -> Iterator[tuple[str, str]]:
    if low > high:
        yield f"low {low:g} is above high {high:g}", ""
    if log and low <= 0:
        yield f"low {low:g} has no logarithm", "low above 0, or log: false"


def _choice_faults(choices: Any, parameter: Parameter) -> Iterator[tuple[str, str]]:
    if not isinstance(choices, (list, tuple)) or not choices:
        yield "choices is not a list of values", "choices: [1, 2]"
        return
    for value in choices:
        expected = check_value(value, parameter.annotation)
        if expected:
            yield f"{value!r} is no value for {parameter.name}", f"expected {expected}"


def scalar_type(annotation: str) -> str | None:
    """int or float where one of them is a member of the type, None for what has no range."""
    members = annotation.replace(" ", "").split("|")
    return next((one for one in members if one in SCALARS), None)


def _objective_faults(recipe: Recipe, tuning: Description) -> Iterator[Fault]:
    """An objective is something a trial measures, of a method that is part of the audit."""
    objectives = recipe.tuning.get("objectives") or {}
    if not isinstance(objectives, Mapping):
        yield "tuning.objectives", "is not a mapping", "{model.validation.score: maximize}"
        return
    if not objectives and tuning.parameter("objectives"):
        yield "tuning.objectives", "is empty", "model.validation.score: maximize"
    for fact, direction in objectives.items():
        key = f"tuning.objectives.{fact}"
        if direction not in DIRECTIONS:
            yield key, f"is {direction!r}", " or ".join(DIRECTIONS)
        if not fact.startswith(MEASURED):
            yield key, "is not measured in a trial", f"a fact of {' or '.join(MEASURED)}"
        elif unselected := _unselected(recipe, fact):
            yield key, f"is read, but evaluation {unselected} is not selected", ""


def _constraint_faults(recipe: Recipe) -> Iterator[Fault]:
    """A constraint bounds something a trial measures."""
    constraints = recipe.tuning.get("constraints") or {}
    if not isinstance(constraints, Mapping):
        yield "tuning.constraints", "is not a mapping", "{model.validation.score: {at_least: 0.8}}"
        return
    for fact in constraints:
        key = f"tuning.constraints.{fact}"
        if not fact.startswith(MEASURED):
            yield key, "is not measured in a trial", f"a fact of {' or '.join(MEASURED)}"
        elif unselected := _unselected(recipe, fact):
            yield key, f"is read, but evaluation {unselected} is not selected", ""


def _pruner_faults(recipe: Recipe, model: Description) -> Iterator[Fault]:
    """A pruner holds the validation scores of unfinished fits against each other."""
    target = str(recipe.pruner.get("_target_", ""))
    objectives = recipe.tuning.get("objectives")
    if not isinstance(objectives, Mapping) or not target:
        return
    if not describe(target).facts.get("prunes"):
        return
    if "epochs" not in model.facts.get("reads", ("epochs",)):
        yield "pruner", "needs a score after every epoch, an estimator has no epochs", "pruner none"
        return
    name, others = target.rpartition(".")[2], list(objectives)[1:]
    if others:
        nulls = ", ".join(f"{one}: null" for one in others)
        message = f"{name} follows one objective, the search has {len(objectives)}"
        yield "pruner", message, f"tuning.objectives: {{{nulls}}}, or pruner none"
    for one in list(objectives)[:1]:
        if not one.startswith(MEASURED[0]):
            message = f"{name} needs a score after every epoch, {one} is known after the last"
            yield "pruner", message, f"an objective {MEASURED[0]}…, or pruner none"
    epochs, first = recipe.fit.epochs, recipe.pruner.get("first")
    if isinstance(first, int) and first >= epochs:
        message = f"first is {first}, no rung before the last of {epochs} epochs"
        yield "pruner.first", message, "a smaller first, or more fit.epochs"


def _unselected(recipe: Recipe, fact: str) -> str:
    """The evaluation that would measure this fact, where it is not part of the audit."""
    group, method = fact.split(".")[:2]
    return method if group == "evaluation" and method not in recipe.evaluation else ""
