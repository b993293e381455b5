"""A child policy may only tighten: merging key by key, and what counts as loosening."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from xaiframe.errors import Problem
from xaiframe.policy.reading import Document, Key
from xaiframe.policy.schema import COMPARATORS

Raw = Mapping[str, Any]


@dataclass
class Merged:
    """The policies applied so far, as plain values; ``origin`` knows who set each key last."""

    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    require: dict[str, tuple[set[str], int]] = field(default_factory=dict)
    waivers: list[dict[str, Any]] = field(default_factory=list)
    errors: str | None = None
    origin: dict[Key, tuple[Document, Key]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def apply(self, child: Document) -> None:
        """Merge one more policy; what it loosens is noted as a problem and left as it was."""
        data = child.data
        for name, rule in (data.get("rules") or {}).items():
            self._rule(name, rule, child)
        for group, wanted in (data.get("require") or {}).items():
            self._require(group, wanted, child)
        for position, waiver in enumerate(data.get("waivers") or ()):
            self._waiver(waiver, child, ("waivers", position))
        if "errors" in data:
            if self.errors == "fail" and data["errors"] == "warn":
                self._loosened(("errors",), child, "errors would only warn")
            else:
                self._set(("errors",), child)
                self.errors = data["errors"]

    def _rule(self, name: str, given: dict[str, Any], child: Document) -> None:
        parent = self.rules.get(name)
        if parent is None:
            self.rules[name] = deepcopy(given)
            self._set(("rules", name), child, given)
            return
        for key, value in given.items():
            place = ("rules", name, key)
            old = parent.get(key)
            new = deepcopy(value)
            if key in ("warn", "fail") and old is not None and value is not None:
                new = _combined(old, value, bool(parent.get("overridable")))
            if new == old:
                continue
            why = _refused(parent, key, old, new)
            if why:
                self._loosened(place, child, why)
            else:
                parent[key] = new
                self._set(place, child, value)

    def _require(self, group: str, wanted: Any, child: Document) -> None:
        names, count = self.require.get(group, (set(), 0))
        if isinstance(wanted, int):
            if wanted < count:
                why = f"{wanted} instead of {count}"
                self._loosened(("require", group), child, why)
                return
            count = wanted
        else:
            names = names | set(wanted)
        self.require[group] = names, count
        self._set(("require", group), child)

    def _waiver(self, waiver: dict[str, Any], child: Document, place: Key) -> None:
        rule = self.rules.get(waiver["rule"])
        if rule is not None and rule.get("locked"):
            self._loosened(place, child, "the rule is locked", ("rules", waiver["rule"], "locked"))
            return
        self.waivers.append(waiver)
        self.origin[("waivers", len(self.waivers) - 1)] = child, place

    def _set(self, place: Key, child: Document, value: Any = None) -> None:
        self.origin[place] = child, place
        if isinstance(value, Mapping):
            for key, item in value.items():
                self._set((*place, key), child, item)

    def _loosened(self, place: Key, child: Document, why: str, set_at: Key | None = None) -> None:
        parent, where = self._who(set_at or place)
        dotted = ".".join(str(part) for part in place)
        message = f"{dotted} loosens what {parent.place(*where)} sets: {why}"
        hint = f"a child may only tighten; to inherit from that file, extends: {parent.path.stem}"
        self.problems.append(child.problem(place, message, hint))

    def _who(self, place: Key) -> tuple[Document, Key]:
        while place not in self.origin:
            place = place[:-1]
        return self.origin[place]


def _combined(old: Raw, new: Raw, free: bool) -> Raw:
    """A child's clause keeps what it does not mention; a free child may swap the comparator."""
    kept = {key: value for key, value in old.items() if not (free and key in COMPARATORS)}
    if not _comparator(new):
        kept = dict(old)
    return {key: deepcopy(value) for key, value in (kept | dict(new)).items() if value is not None}


def _comparator(clause: Raw) -> str:
    return next((name for name in COMPARATORS if name in clause), "")


def _refused(parent: Raw, key: str, old: Any, new: Any) -> str:
    """Why a rule's key may not become ``new``; empty when it may."""
    if parent.get("locked"):
        return "the rule is locked"
    if key == "overridable":
        return "it would let its own children loosen the rule" if new else ""
    if parent.get("overridable") or key in ("locked", "message", "source"):
        return ""
    if key in ("warn", "fail"):
        return "" if old is None else _clause_loosened(old, new)
    return _reach_loosened(key, old, new)


def _reach_loosened(key: str, old: Any, new: Any) -> str:
    """Whether the rule would be judged on less than before."""
    if key == "only_if":
        fewer = old is None or (new is not None and not _covers(new, old))
        return "the rule would apply to less" if fewer else ""
    if key == "labels":
        fewer = not (new or {}).items() <= (old or {}).items()
        return "fewer label sets would be judged" if fewer else ""
    if key == "absent":
        return "an absent fact would no longer fail" if new == "not_assessed" and old else ""
    if key == "minimum_n":
        return "more rows hide a failure, fewer turn a doubt into a pass"
    return f"it is {old}, and another {key} is another rule"


def _clause_loosened(old: Raw, new: Raw | None) -> str:
    if new is None:
        return "the clause would be gone"
    name = _comparator(old)
    others = [one for one in COMPARATORS if one in new and one != name]
    if others:
        return f"{name} cannot become {others[0]}"
    if name and not _covers(new, old):
        return f"{name} {new[name]} instead of {old[name]}"
    if new.get("whole_interval") and not old.get("whole_interval"):
        return "the whole interval would have to lie beyond the limit"
    before, after = _conditions(old), _conditions(new)
    if not all(any(_covers(one, other) for other in before) for one in after):
        return "a further or stricter condition in and"
    return ""


def _conditions(clause: Raw) -> list[Raw]:
    given = clause.get("and") or []
    return [given] if isinstance(given, Mapping) else list(given)


def _covers(new: Raw, old: Raw) -> bool:
    """Whether ``new`` holds wherever ``old`` holds."""
    name = _comparator(new)
    if name not in old or any(new.get(key) != old.get(key) for key in ("fact", "labels")):
        return False
    after, before = new[name], old[name]
    if name == "above":
        return bool(after <= before)
    if name == "below":
        return bool(after >= before)
    if name == "equals":
        return set(_listed(after)) >= set(_listed(before))
    if name == "not_equals":
        return set(_listed(after)) <= set(_listed(before))
    return bool(after == before)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
