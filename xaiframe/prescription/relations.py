"""The nine relations on this run's facts, and what applied prescriptions did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.match import fulfilled, shown
from xaiframe.prescription.overrides import prevailing
from xaiframe.prescription.rules import RELATIONS, Condition, PrescriptionRule, When, rule_of

STANDING = {
    "training_data → optimization": ("data.load.rows", "data.load.features"),
    "precaution → explanation": ("precaution.correlation.redundant_share",),
    "explanation → tuning": ("tuning.search.best",),
    "tuning → optimization": ("tuning.search.chosen",),
    "tuning → explanation": ("tuning.comparison.agreement.mean_spearman",),
}
"""Facts that pass along a relation without any rule."""
FOUND = frozenset({"lowest", "highest"})
"""Labels that name the two groups a gap was found between."""
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


Verdict = Literal["kept", "no effect", "harmful", "undecided"]


@dataclass(frozen=True)
class Change:
    """After − before of one fact on the same ``n`` rows, with its 95 % interval."""

    moved: float
    low: float
    high: float
    n: int


Changes = Mapping[str, Change]
"""By fact name."""


@dataclass(frozen=True)
class Effect:
    """What an applied prescription did to the fact that it promised to improve.

    labels: which of several facts of that name, a column's say. round: the round it was in force,
    against: the round it is held against. shared: the others that were put into force with it and
    promised the same fact, for the verdict is about all of them together. superseded: a later
    trial tells more. taken_back: whether it is in force no longer. applied: whether any of its
    settings prevailed. accepted: it waited for a person, and the recipe's owner accepted it.
    """

    prescription: str
    fact: str
    direction: str
    verdict: Verdict
    reason: str
    before: float | None = None
    after: float | None = None
    before_interval: tuple[float, float] | None = None
    after_interval: tuple[float, float] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    round: int = 0
    against: int = 0
    shared: tuple[str, ...] = ()
    superseded: bool = False
    taken_back: bool = False
    applied: bool = True
    accepted: bool = False

    @property
    def blind(self) -> bool:
        """Taken back without knowing whether it did the harm itself."""
        return self.taken_back and (bool(self.shared) or self.verdict == "undecided")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


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


def effects(
    before: Facts,
    after: Facts,
    prescriptions: Sequence[Prescription],
    changes: Changes | None = None,
) -> list[Effect]:
    """For every applied prescription: did the fact it expects to improve improve? Where several
    facts bear the name (one per column, say), each is told.

    ``kept`` when it moved as expected and by more than chance, ``harmful`` when it moved the other
    way by as much, otherwise ``no effect``. Beyond chance is a fact of ``changes``, measured on the
    same rows, whose interval leaves 0 out; any other fact, when each value lies outside the other's
    95 % interval. ``undecided`` when it cannot be told, or when other prescriptions overruled all
    of its settings. Those that promised the same fact share the verdict.
    """
    applied = [one for one in prescriptions if one.applies and one.expect]
    prevailed = prevailing(applied)
    return [
        replace(effect, accepted=one.accepted)
        for one in applied
        for effect in (
            _effects(before, after, one, changes or {}, _partners(one, prevailed))
            if any(one.key == other.key for other in prevailed)
            else [_overruled(one)]
        )
    ]


def harmed(told: Sequence[Effect]) -> set[str]:
    """The prescriptions that made something worse and nothing better: what harms one group and
    helps another is for people to weigh."""
    kept = {one.prescription for one in told if one.verdict == "kept"}
    return {one.prescription for one in told if one.verdict == "harmful"} - kept


def _overruled(one: Prescription) -> Effect:
    reason = f"not applied: other prescriptions set {', '.join(one.overrides)}"
    fact, direction = one.expect["fact"], one.expect["direction"]
    return Effect(one.key, fact, direction, "undecided", reason, applied=False)


def _partners(one: Prescription, others: Sequence[Prescription]) -> tuple[str, ...]:
    """The keys of the others that promised the same fact."""
    alike = (other.key for other in others if other.expect == one.expect)
    return tuple(key for key in alike if key != one.key)


def _effects(
    before: Facts,
    after: Facts,
    one: Prescription,
    changes: Changes,
    shared: tuple[str, ...],
) -> list[Effect]:
    """One per fact of the expected name; those of a round are paired by what they are about."""
    was, now = (
        {_about(fact): fact for fact in facts.where(one.expect["fact"])}
        for facts in (before, after)
    )
    pairs = [(was.get(key), now.get(key)) for key in dict.fromkeys([*was, *now])]
    change = changes.get(one.expect["fact"])
    told = [_effect(old, new, one, change) for old, new in pairs or [(None, None)]]
    return [replace(effect, shared=shared) for effect in told]


def _about(fact: Fact) -> tuple[tuple[str, str], ...]:
    """A fact's labels but for those that say what was found, which may differ between rounds."""
    return tuple(sorted((k, v) for k, v in fact.labels.items() if k not in FOUND))


def _effect(old: Fact | None, new: Fact | None, one: Prescription, change: Change | None) -> Effect:
    name, direction = one.expect["fact"], one.expect["direction"]
    was, now = _number(old), _number(new)
    if old is None or new is None or was is None or now is None:
        reason = f"{name} was not measured {'before' if was is None else 'after'}"
        return Effect(one.key, name, direction, "undecided", reason, was, now)
    verdict, reason = (
        _compared(old, new, direction) if change is None else _paired(change, direction)
    )
    ends = old.interval, new.interval
    return Effect(one.key, name, direction, verdict, reason, was, now, *ends, dict(_about(old)))


def _number(fact: Fact | None) -> float | None:
    value = fact.value if fact else None
    return float(value) if isinstance(value, (int, float)) else None


def _compared(old: Fact, new: Fact, direction: str) -> tuple[Verdict, str]:
    before, after = _number(old) or 0.0, _number(new) or 0.0
    moved = f"{shown(before)} → {shown(after)}"
    if old.interval is None or new.interval is None:
        return "undecided", f"{moved}, without an interval to tell change from chance"
    outside = not _inside(after, old.interval) and not _inside(before, new.interval)
    if not outside:
        return "no effect", f"{moved}, within the 95 % interval"
    better = (after > before) == (direction == "higher")
    return ("kept" if better else "harmful"), f"{moved}, beyond the 95 % interval"


def _paired(change: Change, direction: str) -> tuple[Verdict, str]:
    """By the difference on the same rows."""
    low, high = shown(change.low), shown(change.high)
    moved = f"{change.moved:+.3g} ({low} to {high}) on the same {change.n} rows"
    if change.low <= 0 <= change.high:
        return "no effect", f"{moved}, within chance"
    better = (change.low > 0) == (direction == "higher")
    return ("kept" if better else "harmful"), f"{moved}, beyond chance"


def _inside(value: float, interval: tuple[float, float]) -> bool:
    return interval[0] <= value <= interval[1]
