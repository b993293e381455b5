"""Prescriptions as override strings: quoting, conflicts, and the file a person copies from."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from xaiframe.facts import Prescription

BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = frozenset({"null", "true", "false", "nan", "inf"})


@dataclass(frozen=True)
class Conflict:
    """Prescriptions that set one key differently.

    values: prescription → value. kept: the prescription that prevails, or empty when none does
    and a person has to choose; reason says why.
    """

    key: str
    values: Mapping[str, Any]
    kept: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "values": dict(self.values)}


def conflicts(prescriptions: Sequence[Prescription]) -> list[Conflict]:
    """Keys that two prescriptions set to different values.

    What tuning measured prevails over what a rule assumes; between two rules none does. Lists of
    names are no conflict, they add up.
    """
    found = []
    for key, wanted in _by_key(prescriptions).items():
        values = list(wanted.values())
        if all(value == values[0] for value in values) or all(map(_names, values)):
            continue
        tuned = [one.key for one in prescriptions if one.key in wanted and _measured(one)]
        if len(tuned) == 1:
            reason = "its value was measured on validation data, the others are rules of thumb"
            found.append(Conflict(key, wanted, tuned[0], reason))
        else:
            found.append(Conflict(key, wanted, "", "the rules contradict each other; choose one"))
    return found


def settled(prescriptions: Sequence[Prescription]) -> dict[str, Any]:
    """Dotted key → value after conflicts; a key on which nothing prevails is left as it was."""
    conflicting = {conflict.key: conflict for conflict in conflicts(prescriptions)}
    values: dict[str, Any] = {}
    for key, wanted in _by_key(prescriptions).items():
        conflict = conflicting.get(key)
        if conflict is None:
            values[key] = _united(list(wanted.values()))
        elif conflict.kept:
            values[key] = wanted[conflict.kept]
    return values


def prevailing(prescriptions: Sequence[Prescription]) -> list[Prescription]:
    """Those of which a setting prevails, with what prevails alone; lists of names prevail within
    the union. A part of them settles as the whole did: nothing that was overruled comes back."""
    values = settled(prescriptions)
    kept = [
        replace(
            one,
            overrides={
                key: value
                for key, value in one.overrides.items()
                if key in values and (values[key] == _listed(value) or _names(_listed(value)))
            },
        )
        for one in prescriptions
    ]
    return [one for one in kept if one.overrides]


def overrides_of(prescriptions: Sequence[Prescription], automatic_only: bool = True) -> list[str]:
    """Override strings for the command line or the next round, conflicts settled; without
    ``automatic_only`` also those of prescriptions that no round applies by itself."""
    chosen = [one for one in prescriptions if one.applies or not automatic_only]
    return [override(key, value) for key, value in settled(chosen).items()]


def override(key: str, value: Any) -> str:
    """``key=value`` as the override grammar reads it: ``data.drop=['worst radius','a']``."""
    return f"{key}={_quoted(value)}"


def _quoted(value: Any) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if isinstance(value, str):
        return _text(value)
    return "[" + ",".join(_quoted(item) for item in value) + "]"


def _text(value: str) -> str:
    """Text that stays text: a column named ``1e3``, ``null`` or ``${...}`` is neither read nor run.

    Inside quotes a backslash is only special before a quote; ``${`` would be an interpolation
    unless a backslash stands before it, and backslashes before that are doubled.
    """
    if BARE.fullmatch(value) and value.lower() not in RESERVED:
        return value
    escaped = re.sub(r"(\\*)\$\{", lambda found: found.group(1) * 2 + r"\${", value)
    escaped = re.sub(r"(\\*)'", lambda found: found.group(1) * 2 + r"\'", escaped)
    escaped = re.sub(r"(\\+)$", lambda found: found.group(1) * 2, escaped)
    return f"'{escaped}'"


def to_yaml(prescriptions: Sequence[Prescription]) -> str:
    """A YAML list of prescriptions, each under the command that applies it, ready to be copied."""
    lines = [
        "# What this run prescribes. `rounds=2` applies what is automatic or accepted,",
        "# the rest waits for a decision by the recipe's owner: `accept=[KEY]`.",
    ]
    for conflict in conflicts(prescriptions):
        kept = f"{conflict.kept} prevails" if conflict.kept else "none is applied"
        lines += [f"# {conflict.key}: {' and '.join(conflict.values)} disagree, {kept};"]
        lines += [f"#   {conflict.reason}."]
    if not prescriptions:
        return "\n".join([*lines, "[]", ""])
    for one in prescriptions:
        stored = one.to_dict() | {"fired_by": list(one.fired_by)}
        lines += ["", f"# xaiframe run RECIPE {command(one)}" if one.overrides else "# by hand"]
        lines += [yaml.safe_dump([_plain(stored)], allow_unicode=True, sort_keys=False).rstrip()]
    return "\n".join([*lines, ""])


def command(one: Prescription) -> str:
    """The overrides of one prescription, quoted for a shell, on one line."""
    words = [override(key, value) for key, value in one.overrides.items()]
    return shlex.join(words).replace("\n", " ")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _by_key(prescriptions: Sequence[Prescription]) -> dict[str, dict[str, Any]]:
    wanted: dict[str, dict[str, Any]] = {}
    for one in prescriptions:
        for key, value in one.overrides.items():
            wanted.setdefault(key, {})[one.key] = _listed(value)
    return wanted


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _united(values: Sequence[Any]) -> Any:
    if not _names(values[0]):
        return values[0]
    return list(dict.fromkeys(item for value in values for item in value))


def _measured(one: Prescription) -> bool:
    return one.relation.startswith("tuning")
