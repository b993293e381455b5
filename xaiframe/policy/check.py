"""Is one policy file well formed? Every fault with its line, before anything is merged."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from string import Formatter
from typing import Any

from xaiframe.errors import Problem
from xaiframe.policy.reading import Document, Key, near
from xaiframe.policy.schema import COMPARATORS

STAGES = (
    "strategy",
    "data",
    "model",
    "probe",
    "precaution",
    "repair",
    "intrinsic",
    "perturbation",
    "gradient",
    "evaluation",
    "tuning",
)
GROUPS = ("strategy", "precaution", "intrinsic", "perturbation", "gradient", "evaluation", "tuning")
FACT = re.compile(r"[a-z_]+(\.[\w-]+){2,}")
Check = Callable[[Document, Key, Any], Iterator[Problem]]


def check(document: Document) -> list[Problem]:
    """All structural faults of one policy file."""
    return list(_keys(document, (), document.data, TOP))


def _keys(
    document: Document, key: Key, value: Any, known: Mapping[str, Check]
) -> Iterator[Problem]:
    """Unknown keys of a mapping, then the faults of each known one."""
    if not isinstance(value, Mapping):
        yield document.problem(key, f"{_name(key)} must be a mapping, not {_kind(value)}")
        return
    for name, item in value.items():
        if name not in known:
            hint = near(name, known)
            yield document.problem((*key, name), f"unknown key {_name((*key, name))}", hint)
        else:
            yield from known[name](document, (*key, name), item)


def _type(kind: type, words: str) -> Check:
    def checked(document: Document, key: Key, value: Any) -> Iterator[Problem]:
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            message = f"{_name(key)} must be {words}, not {_kind(value)}"
            yield document.problem(key, message)

    return checked


def _one_of(*options: str) -> Check:
    def checked(document: Document, key: Key, value: Any) -> Iterator[Problem]:
        if value not in options:
            message = f"{_name(key)} is {value!r}, which is none of {', '.join(options)}"
            yield document.problem(key, message, near(str(value), options))

    return checked


def _number(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    if not _is_number(value):
        message = f"{_name(key)} must be a finite number, not {_kind(value)}"
        yield document.problem(key, message)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _count(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message = f"{_name(key)} must be a whole number of at least 1, not {value!r}"
        yield document.problem(key, message)


def _date(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    try:
        date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        message = f"{_name(key)} must be a date such as 2030-12-31, not {_kind(value)}"
        yield document.problem(key, message)


def _values(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    for item in value if isinstance(value, list) and value else [value]:
        if not isinstance(item, (str, bool)) and not _is_number(item):
            message = f"{_name(key)} must be a value or a list of values, not {_kind(item)}"
            yield document.problem(key, message)


def _fact(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    if not isinstance(value, str) or not FACT.fullmatch(value):
        message = f"{_name(key)} must be a fact's name stage.choice.quantity, not {value!r}"
        yield document.problem(key, message)
    elif value.split(".")[0] not in STAGES:
        message = f"{_name(key)}: there is no stage {value.split('.')[0]}"
        yield document.problem(key, message, near(value.split(".")[0], STAGES))


def _labels(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield document.problem(key, f"{_name(key)} must map label names to text")
        return
    for name, item in value.items():
        yield from _text(document, (*key, name), item)


def _optional(inner: Check) -> Check:
    """null is allowed: it takes away what a parent policy set."""

    def checked(document: Document, key: Key, value: Any) -> Iterator[Problem]:
        if value is not None:
            yield from inner(document, key, value)

    return checked


def _comparators(document: Document, key: Key, value: Any, least: int) -> Iterator[Problem]:
    given = [name for name in COMPARATORS if isinstance(value, Mapping) and name in value]
    if isinstance(value, Mapping) and not least <= len(given) <= 1:
        found = " and ".join(given) if given else "none"
        options = ", ".join(COMPARATORS)
        yield document.problem(key, f"{_name(key)} needs one comparator, it has {found}", options)


def _clause(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    yield from _keys(document, key, value, CLAUSE)
    yield from _comparators(document, key, value, least=0)  # a child may inherit it


def _condition(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    yield from _keys(document, key, value, CONDITION)
    yield from _comparators(document, key, value, least=1)


def _only_if(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    yield from _condition(document, key, value)
    if isinstance(value, Mapping) and "fact" not in value:
        yield document.problem(key, f"{_name(key)} needs the fact it looks at")


def _conditions(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    for item in value if isinstance(value, list) else [value]:
        yield from _condition(document, key, item)


def _template(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    """Only plain fields: an attribute or an index would reach into objects."""
    try:
        fields = [name for _, name, _, _ in Formatter().parse(value) if name is not None]
    except (TypeError, ValueError):
        yield document.problem(key, f"{_name(key)} is not a text with names in braces")
        return
    for name in fields:
        if not name.isidentifier():
            yield document.problem(key, f"{_name(key)}: {{{name}}} is not a plain name")


def _rules(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield document.problem(key, "rules must map a rule's name to the rule")
        return
    for name, rule in value.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            message = f"the rule name {name!r} must be lower-case words joined by _"
            yield document.problem((*key, name), message)
        yield from _keys(document, (*key, name), rule, RULE)


def _require(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    yield from _keys(document, key, value, dict.fromkeys(GROUPS, _requirement))


def _requirement(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    names = isinstance(value, list) and all(isinstance(item, str) for item in value)
    count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if key[-1] == "strategy" and not names:
        yield document.problem(key, f"{_name(key)} must be a list of strategy keys")
    elif not names and not count:
        message = f"{_name(key)} must be a list of choices or how many there must be"
        yield document.problem(key, message)


def _waivers(document: Document, key: Key, value: Any) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield document.problem(key, "waivers must be a list")
        return
    for position, item in enumerate(value):
        place = (*key, position)
        yield from _keys(document, place, item, WAIVER)
        missing = [
            n for n in WAIVER if n != "labels" and isinstance(item, dict) and not item.get(n)
        ]
        if missing:
            yield document.problem(place, f"a waiver needs {', '.join(missing)}")


def _name(key: Key) -> str:
    return ".".join(str(part) for part in key) or "the file"


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r}"


_text = _type(str, "text")

CONDITION: dict[str, Check] = {
    "fact": _fact,
    "labels": _labels,
    "above": _number,
    "below": _number,
    "equals": _values,
    "not_equals": _values,
    "above_fact": _fact,
    "below_fact": _fact,
}
CLAUSE: dict[str, Check] = {
    **{name: CONDITION[name] for name in COMPARATORS},
    "and": _optional(_conditions),
    "whole_interval": _type(bool, "true or false"),
}
RULE: dict[str, Check] = {
    "fact": _fact,
    "labels": _optional(_labels),
    "only_if": _optional(_only_if),
    "warn": _optional(_clause),
    "fail": _optional(_clause),
    "absent": _one_of("not_assessed", "fail"),
    "minimum_n": _optional(_count),
    "message": _template,
    "source": _text,
    "overridable": _type(bool, "true or false"),
    "locked": _type(bool, "true or false"),
}
WAIVER: dict[str, Check] = {
    "rule": _text,
    "owner": _text,
    "reason": _text,
    "expires": _date,
    "labels": _labels,
}
TOP: dict[str, Check] = {
    "extends": _text,
    "errors": _one_of("fail", "warn"),
    "require": _require,
    "rules": _rules,
    "waivers": _waivers,
}
