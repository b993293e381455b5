"""Rules against facts: what fires, and which settings it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xaiframe.facts import Fact, Facts, Prescription, setting_text
from xaiframe.prescription.rules import Condition, PrescriptionRule, Take, When, rule_of

ABSENT = object()
TRAINING = ("fit.", "model.", "data.", "repair")
"""Settings that only training again can follow."""
OFFERED = "model.params."
"""Settings of classes that the user names: each class has its own."""
SHOWN = 6
"""Facts that a fired prescription quotes; the rest are counted."""


@dataclass(frozen=True)
class Match:
    """A fact that fulfils a condition, and the comparison in words; of what is absent there are
    none."""

    fact: Fact
    words: str


def prescribe(
    facts: Facts,
    rules: Mapping[str, Mapping[str, Any]],
    config: Mapping[str, Any],
    accepted: Sequence[str] = (),
) -> list[Prescription]:
    """The prescriptions that fire on these facts, in the order of the rules; ``accepted`` are the
    keys of those that wait for a person and that the recipe's owner accepts.

    A rule whose settings are all in force already does not fire again. A setting that the
    composed ``config`` does not have (dropout in a model without it) is left out, and said so.
    Raises RecipeError when a rule is malformed.
    """
    parsed = [rule_of(key, node) for key, node in rules.items()]
    fired = [_prescription(rule, facts, config) for rule in parsed]
    return [
        replace(one, accepted=one.key in accepted and not one.automatic and bool(one.overrides))
        for one in fired
        if one is not None
    ]


def _prescription(
    rule: PrescriptionRule, facts: Facts, config: Mapping[str, Any]
) -> Prescription | None:
    matches = fulfilled(rule.when, facts)
    if not matches:
        return None
    wanted = dict(_wanted(rule, matches, facts, config))
    if facts.one("model.load.digest") and any(key.startswith(TRAINING) for key in wanted):
        return _advice(rule, matches, wanted)
    known = {key: value for key, value in wanted.items() if _is_there(key, config, wanted, facts)}
    if all(_same(at(config, key), value) for key, value in known.items()):
        return None
    return Prescription(
        key=rule.key,
        relation=rule.relation,
        overrides=known,
        because=rule.because.strip() + _left_out(wanted.keys() - known.keys()),
        automatic=rule.automatic,
        expect=dict(rule.expect),
        costs=dict(rule.costs),
        fired_by=_quoted(matches),
    )


def _is_there(key: str, config: Mapping[str, Any], wanted: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a setting can be made: the config has it and the model reads it, or it belongs to a
    choice that is selected along with it."""
    read = [fact.value for fact in facts.where("model.fit.reads")]
    if read and key.startswith("fit.") and key.removeprefix("fit.") not in read:
        return False
    if at(config, key) is not ABSENT:
        return True
    group, _, rest = key.partition(".")
    selected = wanted.get(group)
    return isinstance(selected, list) and rest.partition(".")[0] in selected


def _advice(
    rule: PrescriptionRule, matches: Sequence[Match], wanted: Mapping[str, Any]
) -> Prescription:
    """For a model that comes trained: what its maker should do, since no override here can."""
    told = [f"{key} {shown(value)}" for key, value in wanted.items() if key.startswith("data.")]
    maker = "The model comes trained, so this is for its maker"
    return Prescription(
        key=rule.key,
        relation=rule.relation,
        overrides={},
        because=f"{rule.because.strip()} {': '.join([maker, *told])}.",
        automatic=False,
        expect=dict(rule.expect),
        costs=dict(rule.costs),
        fired_by=_quoted(matches),
    )


def _left_out(keys: Any) -> str:
    """What the model does not have, in words; what a rule offers to estimators of other kinds is
    not missed."""
    missed = sorted(key for key in keys if not key.startswith(OFFERED))
    return f" ({', '.join(missed)} left out: no such setting here)" if missed else ""


def _quoted(matches: Sequence[Match]) -> tuple[str, ...]:
    words = [match.words for match in matches if match.words]
    more = (f"and {len(words) - SHOWN} more",) if len(words) > SHOWN else ()
    return (*words[:SHOWN], *more)


def fulfilled(when: When, facts: Facts) -> list[Match]:
    """Every fact that makes the condition hold; empty when it does not hold."""
    if isinstance(when, Condition):
        return list(_matches(when, facts))
    parts = [fulfilled(member, facts) for member in when.members]
    if when.kind == "all" and not all(parts):
        return []
    return [match for part in parts for match in part]


def _matches(when: Condition, facts: Facts) -> Iterator[Match]:
    found = facts.where(when.fact, **when.labels)
    if when.comparator == "absent":
        if all(fact.value is None for fact in found):
            yield Match(Fact(when.fact, None, labels=when.labels), "")
        return
    for fact in found:
        if when.comparator == "equals":
            if fact.value is not None and fact.value == when.limit:
                yield Match(fact, f"{described(fact)} is {shown(fact.value)}")
            continue
        value = _measured(when, fact)
        if value is None:
            continue
        if value > when.limit if when.comparator == "above" else value < when.limit:
            words = f"{described(fact)} {shown(fact.value)}, {when.comparator} {shown(when.limit)}"
            yield Match(fact, words)


def _measured(when: Condition, fact: Fact) -> float | None:
    """The number compared: the value, or the end of the interval nearer to the limit."""
    if fact.value is None or isinstance(fact.value, str):
        return None
    if when.whole_interval and fact.interval:
        return fact.interval[0] if when.comparator == "above" else fact.interval[1]
    return float(fact.value)


def _wanted(
    rule: PrescriptionRule, matches: Sequence[Match], facts: Facts, config: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    if rule.take is not None:
        yield from _taken(rule.take, facts, config)
        return
    found = [match.fact.labels.get(rule.for_each) for match in matches] if rule.for_each else []
    names = list(dict.fromkeys(name for name in found if name is not None))
    for key, value in rule.then.items():
        before = at(config, key)
        if isinstance(value, Mapping):
            yield key, _bounded(value, before)
        elif isinstance(before, Mapping) and _is_list(value):
            # A group of choices: those that are there stay, in their order.
            yield key, _union(list(before), iter(value))
        elif rule.for_each and _is_list(value):
            yield key, _union(before, _filled(value, rule.for_each, names))
        else:
            yield key, _plain(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _bounded(bound: Mapping[str, Any], before: Any) -> Any:
    """``{at_least: x}``: x, unless the setting is stronger already."""
    (kind, limit), *_ = bound.items()
    if not isinstance(before, (int, float)):
        return limit
    return max(before, limit) if kind == "at_least" else min(before, limit)


def _filled(items: Sequence[Any], label: str, names: Sequence[str]) -> Iterator[Any]:
    """Each listed value once per found name; a name stays text whatever it looks like."""
    for item in items:
        if isinstance(item, str) and f"{{{label}}}" in item:
            yield from (item.replace(f"{{{label}}}", name) for name in names)
        else:
            yield item


def _union(before: Any, added: Iterator[Any]) -> list[Any]:
    there = list(before) if _is_list(before) else []
    return there + [item for item in added if item not in there]


def _taken(take: Take, facts: Facts, config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Measured values of the settings that the config itself declares."""
    for key, limits in leaves(at(config, take.keys)):
        fact = facts.one(take.fact, **{take.label: key})
        if fact is not None and fact.value is not None:
            choices = [_plain(one) for one in (*(limits.get("choices") or ()), at(config, key))]
            named = {setting_text(one): one for one in choices if one is not ABSENT}
            yield key, named.get(str(fact.value), fact.value)


def leaves(space: Any, prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Dotted key and limits of every parameter of a (nested or dotted) search space."""
    if not isinstance(space, Mapping):
        return
    for key, value in space.items():
        if isinstance(value, Mapping) and {"low", "high", "choices"} & set(value):
            yield f"{prefix}{key}", value
        else:
            yield from leaves(value, f"{prefix}{key}.")


def at(config: Mapping[str, Any], key: str) -> Any:
    """The value under a dotted key, or ABSENT."""
    node: Any = config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return ABSENT
        node = node[part]
    return node


def _plain(value: Any) -> Any:
    if _is_list(value):
        return [_plain(item) for item in value]
    return value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Mapping):  # a group of choices
        before = list(before)
    return bool(_plain(before) == _plain(after))


def described(fact: Fact) -> str:
    """``evaluation.knowledge.statement (worst radius, rises)``."""
    labels = ", ".join(value for value in fact.labels.values() if value)
    return f"{fact.name} ({labels})" if labels else fact.name


def shown(value: Any) -> str:
    """A value for a sentence: three significant digits."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.3g}" if isinstance(value, float) else str(value)
