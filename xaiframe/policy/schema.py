"""What a policy is made of: rules with their clauses, requirements and waivers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

Comparator = Literal["above", "below", "equals", "not_equals", "above_fact", "below_fact"]
COMPARATORS: tuple[Comparator, ...] = (
    "above",
    "below",
    "equals",
    "not_equals",
    "above_fact",
    "below_fact",
)
Limit = float | int | str | bool | tuple[float | int | str | bool, ...]


@dataclass(frozen=True)
class Comparison:
    """One comparison.

    comparator, limit
        ``above``/``below`` a number, ``equals``/``not_equals`` a value or one of several,
        ``above_fact``/``below_fact`` the value of the named fact with the same labels.
    fact, labels
        the fact compared; empty means the judged fact itself. A named fact is the one with
        ``labels`` where they are given, else the one that shares the judged fact's labels.
    whole_interval
        the whole 95 % interval must lie beyond the limit; without an interval the value decides.
    """

    comparator: Comparator
    limit: Limit
    fact: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    whole_interval: bool = False


@dataclass(frozen=True)
class Clause:
    """A rule's ``warn`` or ``fail``: it holds when ``test`` and every test in ``also`` hold."""

    test: Comparison
    also: tuple[Comparison, ...] = ()


@dataclass(frozen=True)
class Rule:
    """How one fact is judged, for every label set that ``labels`` lets through.

    only_if: a condition of applicability; where it does not hold the label set is not judged.
    minimum_n: with fewer rows behind the fact it stays undecided. message: what was measured,
    in words, with ``{value}`` and the labels' names in braces; the limit is appended.
    """

    id: str
    fact: str
    warn: Clause | None = None
    fail: Clause | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    only_if: Comparison | None = None
    absent: Literal["not_assessed", "fail"] = "not_assessed"
    minimum_n: int | None = None
    message: str = ""
    source: str = ""
    overridable: bool = False
    locked: bool = False


@dataclass(frozen=True)
class Requirement:
    """What a group must at least hold: these choices (for strategy: these keys), and so many."""

    group: str
    names: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Waiver:
    """``owner`` accepts a broken ``rule`` (for these labels, when given) until ``expires``."""

    rule: str
    owner: str
    reason: str
    expires: date
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """A merged policy.

    chain: the policy files in order of inheritance, the floor first. set_by: dotted key →
    ``folder/file:line`` of the file that set it last. errors: what a method that raised does
    to the verdict.
    """

    name: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    require: tuple[Requirement, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    errors: Literal["fail", "warn"] = "fail"
    chain: tuple[str, ...] = ()
    set_by: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """sha256 of what the policy demands; who set it and in which file plays no part."""
        demands = {key: self.to_dict()[key] for key in ("rules", "require", "waivers", "errors")}
        return hashlib.sha256(json.dumps(demands, sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Everything, in what JSON knows, for the manifest."""
        return {
            "name": self.name,
            "chain": list(self.chain),
            "errors": self.errors,
            "require": [asdict(one) for one in self.require],
            "waivers": [{**asdict(one), "expires": str(one.expires)} for one in self.waivers],
            "rules": {key: asdict(rule) for key, rule in self.rules.items()},
            "set_by": dict(self.set_by),
        }

    def who(self, *keys: str) -> str:
        """Who set a key, or its nearest ancestor: ``who("rules", "psi", "warn")``."""
        while keys and ".".join(keys) not in self.set_by:
            keys = keys[:-1]
        return self.set_by.get(".".join(keys), "")
