"""The grammar of a prescription: when which facts hold, then which settings, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from xaiframe.errors import Problem, RecipeError

RELATIONS: dict[str, str] = {
    "training_data → optimization": "what the data are sets how the model is fitted",
    "precaution → optimization": "trouble found in the data changes the fit before it is made",
    "precaution → explanation": "trouble found in the data names the features to be watched",
    "precaution → tuning": "noise, size and dimension set the search space",
    "explanation → precaution": "reliance on the wrong features says that precaution fell short",
    "explanation → optimization": "over-dependence and noise say that the fit went wrong",
    "explanation → tuning": "the quality of explanation is an objective beside the score",
    "tuning → optimization": "the chosen settings refit the model",
    "tuning → explanation": "the tuned model is explained again",
}
"""METHOD §6: how the four activities feed each other."""

Comparator = Literal["above", "below", "equals", "absent"]
COMPARATORS: tuple[Comparator, ...] = ("above", "below", "equals", "absent")
CONDITION = frozenset({"fact", "labels", "whole_interval", *COMPARATORS})
RULE = frozenset(
    {"relation", "when", "then", "take", "for_each", "because", "expect", "costs", "automatic"}
)
NEEDED = ("relation", "when", "because", "expect", "automatic")


@dataclass(frozen=True)
class Condition:
    """One comparison; it holds for every label set of ``fact`` (among ``labels``) that passes, or,
    with ``absent``, where none of them was measured.

    whole_interval: the whole 95 % interval lies beyond the limit.
    """

    fact: str
    comparator: Comparator
    limit: Any
    labels: Mapping[str, str] = field(default_factory=dict)
    whole_interval: bool = False


@dataclass(frozen=True)
class Several:
    """Conditions of which all, or any, must hold for at least one label set."""

    kind: Literal["all", "any"]
    members: tuple[When, ...]


When = Condition | Several


@dataclass(frozen=True)
class Take:
    """Settings whose values were measured.

    keys: where the config declares which settings may be taken (``tuning.space``), so that no
    key comes out of a run; fact, label: the fact whose label names the setting.
    """

    keys: str
    fact: str
    label: str


@dataclass(frozen=True)
class PrescriptionRule:
    """One prescription as it is declared.

    then: dotted key → value; ``{at_least: x}`` and ``{at_most: x}`` leave a stronger setting
    alone; a list under a group (``repair: [suspects]``) adds these choices to those that are
    there, and their parameters may stand beside it (``repair.suspects.action: drop``). for_each: a
    label whose found values fill ``{label}`` inside listed values. costs: fact → how much worse it
    may become at most.
    """

    key: str
    relation: str
    when: When
    because: str
    expect: Mapping[str, str]
    automatic: bool
    then: Mapping[str, Any] = field(default_factory=dict)
    take: Take | None = None
    for_each: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)


def rule_of(key: str, node: Mapping[str, Any]) -> PrescriptionRule:
    """The rule in ``node``; raises RecipeError with every fault of it."""
    problems = problems_of(key, node)
    if problems:
        raise RecipeError(problems)
    given = {name: node[name] for name in RULE if node.get(name) is not None}
    given["when"] = _when(node["when"])
    if "take" in given:
        given["take"] = Take(**given["take"])
    return PrescriptionRule(key=key, **given)


def problems_of(key: str, node: Mapping[str, Any]) -> list[Problem]:
    """Every fault of a declared prescription, with the dotted key where it stands."""
    place = f"prescription.{key}"
    problems = [_unknown(place, name, RULE) for name in node if name not in RULE]
    missing = [name for name in NEEDED if node.get(name) is None]
    problems += [Problem(place, f"{name} is missing") for name in missing]
    if bool(node.get("then")) == bool(node.get("take")):
        problems.append(Problem(place, "needs either then or take"))
    if node.get("relation") not in (None, *RELATIONS):
        problems.append(_unknown(f"{place}.relation", str(node["relation"]), RELATIONS))
    if "when" not in missing:
        problems += _when_problems(f"{place}.when", node["when"])
    problems += _then_problems(place, node)
    return problems + list(_rest_problems(place, node))


def _unknown(
    place: str, name: str, known: Sequence[str] | Mapping[str, Any] | frozenset[str]
) -> Problem:
    near = get_close_matches(name, sorted(known), n=1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(sorted(known))}"
    return Problem(place, f"there is no {name}", hint)


def _when_problems(place: str, node: Any) -> Iterator[Problem]:
    if not isinstance(node, Mapping):
        yield Problem(place, "must be a condition", "{fact: …, above: 0.3}")
        return
    kind = next((name for name in ("all", "any") if name in node), "")
    if not kind:
        yield from _condition_problems(place, node)
    elif len(node) > 1 or isinstance(node[kind], (str, Mapping)) or not node[kind]:
        yield Problem(place, f"{kind} must stand alone and hold a list of conditions")
    else:
        for position, member in enumerate(node[kind]):
            yield from _when_problems(f"{place}.{kind}[{position}]", member)


def _condition_problems(place: str, node: Mapping[str, Any]) -> Iterator[Problem]:
    yield from (_unknown(place, name, CONDITION) for name in node if name not in CONDITION)
    if str(node.get("fact", "")).count(".") < 2:
        yield Problem(place, "fact must name a fact stage.choice.quantity")
    given = [name for name in COMPARATORS if name in node]
    if len(given) != 1:
        yield Problem(place, "needs exactly one comparator", ", ".join(COMPARATORS))
    for name in given:
        number = isinstance(node[name], (int, float)) and not isinstance(node[name], bool)
        if name == "absent" and node[name] is not True:
            yield Problem(place, f"absent must be true, not {node[name]!r}")
        if name in ("above", "below") and not number:
            yield Problem(place, f"{name} must be a number, not {node[name]!r}")


def _then_problems(place: str, node: Mapping[str, Any]) -> Iterator[Problem]:
    then, label = node.get("then") or {}, node.get("for_each")
    if not isinstance(then, Mapping):
        yield Problem(f"{place}.then", "must map dotted keys to values")
        return
    for key, value in then.items():
        if "{" in key:
            yield Problem(f"{place}.then", f"{key}: what a run finds may stand in values only")
        if isinstance(value, str) and label and f"{{{label}}}" in value:
            yield Problem(f"{place}.then", f"{key}: {{{label}}} must stand in a list")
        if isinstance(value, Mapping) and set(value) not in ({"at_least"}, {"at_most"}):
            yield Problem(
                f"{place}.then", f"{key} must be a value, {{at_least: …}} or {{at_most: …}}"
            )
    take = node.get("take") or {}
    if take and (not isinstance(take, Mapping) or set(take) != {"keys", "fact", "label"}):
        yield Problem(f"{place}.take", "needs keys, fact and label")


def _rest_problems(place: str, node: Mapping[str, Any]) -> Iterator[Problem]:
    expect = node.get("expect")
    if expect is not None:
        sound = isinstance(expect, Mapping) and set(expect) == {"fact", "direction"}
        if not sound or expect["direction"] not in ("higher", "lower"):
            hint = "{fact: …, direction: higher}"
            yield Problem(f"{place}.expect", "needs fact and direction higher or lower", hint)
    yield from _cost_problems(f"{place}.costs", node.get("costs") or {})
    if not isinstance(node.get("automatic", False), bool):
        yield Problem(f"{place}.automatic", "must be true or false")


def _cost_problems(place: str, costs: Any) -> Iterator[Problem]:
    if not isinstance(costs, Mapping):
        yield Problem(place, "must map facts to what they may lose", "{model.validation.f1: 0.02}")
        return
    for fact, most in costs.items():
        if str(fact).count(".") < 2:
            yield Problem(place, f"{fact} must name a fact stage.choice.quantity")
        if not isinstance(most, (int, float)) or isinstance(most, bool) or most < 0:
            yield Problem(place, f"{fact} must be a number from 0 up, not {most!r}")


def _when(node: Mapping[str, Any]) -> When:
    if "all" in node:
        return Several("all", tuple(_when(member) for member in node["all"]))
    if "any" in node:
        return Several("any", tuple(_when(member) for member in node["any"]))
    comparator = next(name for name in COMPARATORS if name in node)
    return Condition(
        node["fact"],
        comparator,
        node[comparator],
        dict(node.get("labels") or {}),
        bool(node.get("whole_interval")),
    )
