"""The nine relations on this run's facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.match import fulfilled
from xaiframe.prescription.rules import RELATIONS, Condition, PrescriptionRule, When, rule_of

STANDING = {
    "training_data → optimization": ("data.load.rows", "data.load.features"),
    "precaution → explanation": ("precaution.correlation.redundant_share",),
    "explanation → tuning": ("tuning.search.best",),
    "tuning → optimization": ("tuning.search.chosen",),
    "tuning → explanation": ("tuning.comparison.agreement.mean_spearman",),
}
"""Facts that pass along a relation without any rule."""
MOST = 3
"""Facts shown per rule."""


@dataclass(frozen=True)
class RelationState:
    """One relation in this run.

    declared, fired: keys of the rules for it. facts: what it looked at. acts: whether anything
    passed along it: a rule fired, or a fact stands that the next activity reads without a rule.
    """

    relation: str
    source: str
    target: str
    purpose: str
    declared: tuple[str, ...]
    fired: tuple[str, ...]
    facts: tuple[Fact, ...]
    acts: bool

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "facts": [fact.to_dict() for fact in self.facts]}


def relations(
    facts: Facts, rules: Mapping[str, Mapping[str, Any]], prescriptions: Sequence[Prescription]
) -> list[RelationState]:
    """The state of all nine relations, in the order of METHOD §6."""
    parsed = [rule_of(key, node) for key, node in rules.items()]
    return [_state(key, facts, parsed, prescriptions) for key in RELATIONS]


def _state(
    key: str,
    facts: Facts,
    rules: Sequence[PrescriptionRule],
    prescriptions: Sequence[Prescription],
) -> RelationState:
    mine = [rule for rule in rules if rule.relation == key]
    fired = tuple(one.key for one in prescriptions if one.relation == key)
    standing = _standing(key, facts)
    used = [fact for rule in mine for fact in _looked_at(rule.when, facts)] + standing
    source, target = key.split(" → ")
    return RelationState(
        key,
        source,
        target,
        RELATIONS[key],
        tuple(rule.key for rule in mine),
        fired,
        tuple(_once(used)),
        bool(fired or standing),
    )


def _standing(key: str, facts: Facts) -> list[Fact]:
    """An objective only passes from explanation to tuning when it is an explanation's fact."""
    found = [fact for name in STANDING.get(key, ()) for fact in facts.where(name)]
    if key == "explanation → tuning":
        found = [f for f in found if f.labels.get("objective", "").startswith("evaluation.")]
    return found


def _looked_at(when: When, facts: Facts) -> list[Fact]:
    """The facts that made a rule fire, else some of those that it read."""
    matched = [match.fact for match in fulfilled(when, facts)]
    if matched:
        return matched[:MOST]
    read = [fact for one in _conditions(when) for fact in facts.where(one.fact, **one.labels)]
    return read[:MOST]


def _conditions(when: When) -> Iterator[Condition]:
    if isinstance(when, Condition):
        yield when
        return
    for member in when.members:
        yield from _conditions(member)


def _once(facts: Sequence[Fact]) -> Iterator[Fact]:
    seen = set()
    for fact in facts:
        identity = (fact.name, tuple(sorted(fact.labels.items())))
        if identity not in seen:
            seen.add(identity)
            yield fact
