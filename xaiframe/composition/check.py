"""Every fault of a merged recipe: unknown keys, wrong types, missing values, untrusted classes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, cast

from xaiframe.catalogue.listing import Description, Parameter, UnknownTarget, check_value, describe
from xaiframe.catalogue.reader import Document, Keys, Unusable
from xaiframe.composition.layers import Layers, dotted, walk
from xaiframe.composition.selection import MULTIPLE, SINGLE
from xaiframe.composition.trust import ROOMS, objection, trust_hint
from xaiframe.errors import Problem
from xaiframe.policy.reading import near
from xaiframe.prescription.rules import problems_of
from xaiframe.recipe import Knowledge, Recipe

SECTIONS: dict[str, type] = {
    one.name: cast(type, one.default_factory)
    for one in fields(Recipe)
    if is_dataclass(one.default_factory)
}
VALUES = {
    one.name: str(one.type)
    for one in fields(Recipe)
    if one.name not in {*SECTIONS, *SINGLE, *MULTIPLE}
}
LEAST: dict[Keys, int] = {
    ("seed",): 0,
    ("rounds",): 1,
    ("reference", "rows"): 1,
    **{("fit", key): 1 for key in ("batch_size", "epochs", "patience")},
    **{("fit", key): 0 for key in ("learning_rate", "weight_decay", "input_noise", "averaging")},
    **{("explain", key): 1 for key in ("instances", "batch", "sample", "max_batch")},
    **{("explain", key): 0 for key in ("cases", "repeats")},
    ("budget", "evaluations"): 1,
}
REFERENCE = re.compile(r"\$\{\s*(\w+)")
NAME = "letters, digits, _, - and . only, for it names a folder"


@dataclass(frozen=True)
class Checker:
    """Collects the problems of merged layers; ``packages`` are those the user trusts."""

    recipe: Document
    layers: Layers
    chosen: Mapping[str, Sequence[str]]
    packages: Sequence[str]

    def problems(self) -> Iterator[Problem]:
        yield from self.infinite()
        for key, value in self.layers.values.items():
            if key in SECTIONS:
                yield from self.record((key,), value, parameters_of(SECTIONS[key]))
            elif key in VALUES:
                yield from self.typed((key,), value, VALUES[key])
            elif key in SINGLE:
                if self.chosen[key]:
                    yield from self.node((key,), value, (key,))
            elif key in MULTIPLE:
                yield from self.nodes(key, value)
            else:
                yield self.problem((key,), f"unknown key {key!r}", near(key, known_keys()))
        yield from self.statements()
        yield from self.accepted()
        yield from self.limits()

    def problem(self, keys: Keys, message: str, hint: str = "") -> Problem:
        return Problem(self.layers.place(keys).text, message, hint)

    def missing(self, keys: Keys, hint: str) -> Problem:
        """What the house leaves open is for the recipe to say."""
        place = self.layers.place(keys)
        text = self.recipe.place(keys) if place.origin == "house" else place.text
        return Problem(text, f"{dotted(keys)} is missing", hint)

    def nodes(self, group: str, value: Any) -> Iterator[Problem]:
        for name in self.chosen[group]:
            node = value.get(name) if isinstance(value, Mapping) else None
            if group == "prescription":
                yield from self.prescription(name, node)
            else:
                yield from self.node((group, name), node, (group,))

    def prescription(self, name: str, node: Any) -> Iterator[Problem]:
        """A prescription is pure data with a grammar of its own."""
        if not isinstance(node, Mapping):
            yield self.problem(("prescription", name), f"prescription.{name} is not a mapping")
            return
        for one in problems_of(name, node):
            keys = tuple(one.place.split("."))
            yield self.problem(keys, f"{one.place}: {one.message}", one.hint)

    def node(self, keys: Keys, node: Any, rooms: Sequence[str]) -> Iterator[Problem]:
        """A choice: may its class be used, does it take these parameters, are they of its types."""
        if not isinstance(node, Mapping):
            yield self.problem(keys, f"{dotted(keys)} is not a mapping of parameters")
            return
        target = node.get("_target_")
        reason = objection(target, self.packages, rooms)
        place = (*keys, "_target_")
        if reason:
            yield self.problem(place, reason, trust_hint(target))
            return
        try:
            description = describe(str(target))
        except UnknownTarget as error:
            yield self.problem(place, str(error))
            return
        parameters = {key: value for key, value in node.items() if key != "_target_"}
        yield from self.record(keys, parameters, description.parameters, description)

    def record(
        self,
        keys: Keys,
        value: Any,
        parameters: Sequence[Parameter],
        description: Description | None = None,
    ) -> Iterator[Problem]:
        """A mapping whose keys are known: unknown ones, missing ones, and those of a wrong type."""
        if not isinstance(value, Mapping):
            yield self.problem(keys, f"{dotted(keys)} is not a mapping of keys to values")
            return
        known = {one.name: one for one in parameters}
        for key, item in value.items():
            if key in known:
                yield from self.typed((*keys, key), item, known[key].annotation)
            elif description is None or not description.open or key.startswith("_"):
                hint = near(key, known) or ("" if known else "it takes no parameters")
                yield self.problem((*keys, key), f"unknown key {dotted((*keys, key))}", hint)
        for name, parameter in known.items():
            if parameter.required and name not in value:
                yield self.missing((*keys, name), f"expected {_words(parameter.annotation)}")

    def typed(self, keys: Keys, value: Any, annotation: str) -> Iterator[Problem]:
        if isinstance(value, Unusable) or _is_infinite(value):
            return
        if isinstance(value, Mapping) and "_target_" in value:
            yield from self.node(keys, value, ROOMS)
            return
        below = [((*keys, *inner), item) for inner, item in walk(value)]
        nodes = [
            (at, item) for at, item in below if isinstance(item, Mapping) and "_target_" in item
        ]
        absent = [at for at, item in ((keys, value), *below) if item == "???"]
        expected = check_value(value, annotation)
        for at, node in nodes:
            yield from self.node(at, node, ROOMS)
        for at in absent:
            yield self.missing(at, f"expected {_words(annotation)}" if at == keys else "")
        if expected and not absent and not nodes:
            hint = near(value, _options(expected)) if isinstance(value, str) else ""
            yield self.problem(keys, f"{dotted(keys)} is {_told(value)}, not {expected}", hint)

    def statements(self) -> Iterator[Problem]:
        """The expert's statements are mappings of their own."""
        given = self.layers.get("strategy", "knowledge")
        for at, statement in enumerate(given if isinstance(given, list) else ()):
            yield from self.record(
                ("strategy", "knowledge", at), statement, parameters_of(Knowledge)
            )

    def accepted(self) -> Iterator[Problem]:
        """What the owner accepts must be among the prescriptions that this recipe declares."""
        given, declared = self.layers.get("accept"), self.chosen["prescription"]
        for one in given if isinstance(given, list) else ():
            if isinstance(one, str) and one not in declared:
                hint = near(one, declared) or "accept names prescriptions that the recipe declares"
                yield self.problem(("accept",), f"there is no prescription {one!r}", hint)

    def limits(self) -> Iterator[Problem]:
        for keys, least in LEAST.items():
            value = self.layers.get(*keys)
            if isinstance(value, (int, float)) and value < least:
                yield self.problem(keys, f"{dotted(keys)} is {value}, not at least {least}")
        minutes = self.layers.get("budget", "minutes")
        if isinstance(minutes, (int, float)) and minutes <= 0:
            yield self.problem(("budget", "minutes"), f"budget.minutes is {minutes}, not above 0")
        mean = self.layers.get("fit", "averaging")
        if isinstance(mean, (int, float)) and mean >= 1:
            yield self.problem(("fit", "averaging"), f"fit.averaging is {mean}, not below 1")
        name = self.layers.get("name")
        if isinstance(name, str) and name != "???" and not _is_folder(name):
            yield self.problem(("name",), f"name is {name!r}", NAME)

    def infinite(self) -> Iterator[Problem]:
        for keys, value in walk(self.layers.values):
            if _is_infinite(value):
                yield self.problem(keys, f"{dotted(keys)} is {value}, not a finite number")


def parameters_of(record: type) -> tuple[Parameter, ...]:
    """The fields of a data class of :mod:`xaiframe.recipe`."""
    return tuple(
        Parameter(
            one.name,
            str(one.type),
            one.default,
            one.default is MISSING and one.default_factory is MISSING,
        )
        for one in fields(record)
    )


def known_keys() -> list[str]:
    """The keys a recipe may have at its top."""
    return [*VALUES, *SECTIONS, *SINGLE, *MULTIPLE]


def _is_infinite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _is_folder(name: str) -> bool:
    return all(one.isalnum() or one in "_-." for one in name) and not name.startswith((".", "-"))


def _options(expected: str) -> list[str]:
    return expected.removeprefix("one of ").split(", ") if expected.startswith("one of ") else []


def _words(annotation: str) -> str:
    return check_value(object(), annotation) or "a value"


def _told(value: Any) -> str:
    return (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    )


def choice_problems(document: Document, group: str, name: str) -> Iterator[Problem]:
    """What a group's YAML may not hold: it must stand alone and stay in its place."""
    yield from document.problems
    if document.directive:
        yield Problem(document.name, "a choice may not place itself with # @package", "remove it")
    if "defaults" in document.content:
        yield Problem(
            document.place(("defaults",)), "a choice may not choose others", "no defaults"
        )
    if group in MULTIPLE and list(document.content) != [name]:
        hint = f"{name}: {{_target_: …}}"
        yield Problem(document.place(), f"a {group} stands under its own name alone", hint)
    for keys, value in walk(document.content):
        others = REFERENCE.findall(value) if isinstance(value, str) else ()
        for other in set(others) & {*SINGLE, *MULTIPLE} - {group}:
            message = f"{dotted(keys)} refers to the group {other}"
            yield Problem(document.place(keys), message, "choices know nothing of each other")
