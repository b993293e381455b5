"""What applied prescriptions did to the facts that they promised to improve, or to spare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.match import shown
from xaiframe.prescription.overrides import prevailing

FOUND = frozenset({"lowest", "highest"})
"""Labels that name the two groups a gap was found between."""
Verdict = Literal["kept", "no effect", "harmful", "undecided", "within"]
"""``within``: a fact that was to be spared lost no more than was stated."""


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
    """What an applied prescription did to the fact that it promised to improve, or to spare.

    direction: the better one. most: how much worse a fact may become that was to be spared, None
    for what was to improve. labels: which of several facts of that name, a column's say. round: the
    round it was in force, against: the round it is held against. shared: the others that were put
    into force with it and promised the same fact, or to spare it and did not, for the verdict is
    about all of them together. superseded: a later trial tells more. taken_back: whether it is in
    force no longer. applied: whether any of its settings prevailed. accepted: it waited for a
    person, and the recipe's owner accepted it.
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
    most: float | None = None

    @property
    def blind(self) -> bool:
        """Taken back without knowing whether it did the harm itself."""
        shares = self.verdict == "harmful" and bool(self.shared)
        unknown = self.verdict == "undecided" and self.most is None
        return self.taken_back and (shares or unknown)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "blind": self.blind}


@dataclass(frozen=True)
class Promise:
    """``fact`` moves in its better direction, or, with ``most``, the other way by no more than
    that."""

    fact: str
    direction: str
    most: float | None = None


def effects(
    before: Facts,
    after: Facts,
    prescriptions: Sequence[Prescription],
    changes: Changes | None = None,
) -> list[Effect]:
    """For every applied prescription: did the fact it expects to improve improve, and did what it
    may cost cost no more? Where several facts bear the name (one per column, say), each is told.

    ``kept`` when it moved as expected and by more than chance, ``harmful`` when it moved the other
    way by as much, otherwise ``no effect``. Beyond chance is a fact of ``changes``, measured on the
    same rows, whose interval leaves 0 out; any other fact, when each value lies outside the other's
    95 % interval. A fact that was to be spared is ``harmful`` when it became worse beyond chance
    and by more than was stated, else ``within``. ``undecided`` when it cannot be told, or when
    other prescriptions overruled all of its settings. Those that promised the same fact share the
    verdict, and so do those that were to spare it and together did not.
    """
    applied = [one for one in prescriptions if one.applies and one.expect]
    prevailed = prevailing(applied)
    told = [
        replace(effect, accepted=one.accepted)
        for one in applied
        for effect in (
            _effects(before, after, one, changes or {})
            if any(one.key == other.key for other in prevailed)
            else [_overruled(one)]
        )
    ]
    return [replace(one, shared=_partners(one, told)) for one in told]


def harmed(told: Sequence[Effect]) -> set[str]:
    """The prescriptions that cost more than they may, or made something worse and nothing better:
    what harms one group and helps another is for people to weigh."""
    kept = {one.prescription for one in told if one.verdict == "kept"}
    worse = [one for one in told if one.verdict == "harmful"]
    return {
        one.prescription for one in worse if one.most is not None or one.prescription not in kept
    }


def _overruled(one: Prescription) -> Effect:
    reason = f"not applied: other prescriptions set {', '.join(one.overrides)}"
    fact, direction = one.expect["fact"], one.expect["direction"]
    return Effect(one.key, fact, direction, "undecided", reason, applied=False)


def _partners(one: Effect, told: Sequence[Effect]) -> tuple[str, ...]:
    """The keys of the others whose promise it was too; what was spared needs no partners."""
    if not one.applied or (one.most is not None and one.verdict != "harmful"):
        return ()
    alike = [
        other.prescription
        for other in told
        if other.applied
        and (other.fact, other.direction) == (one.fact, one.direction)
        and (other.most is None) == (one.most is None)
        and (other.most is None or other.verdict == "harmful")
    ]
    return tuple(dict.fromkeys(key for key in alike if key != one.prescription))


def _effects(before: Facts, after: Facts, one: Prescription, changes: Changes) -> list[Effect]:
    """One per fact of every promise; those of a round are paired by what they are about."""
    told = []
    for promise in _promises(one, (*before, *after)):
        was, now = (
            {_about(fact): fact for fact in facts.where(promise.fact)} for facts in (before, after)
        )
        pairs = [(was.get(key), now.get(key)) for key in dict.fromkeys([*was, *now])]
        change = changes.get(promise.fact)
        told += [
            _effect(old, new, one.key, promise, change) for old, new in pairs or [(None, None)]
        ]
    return told


def _promises(one: Prescription, facts: Sequence[Fact]) -> Iterator[Promise]:
    yield Promise(one.expect["fact"], one.expect["direction"])
    for name, most in one.costs.items():
        better = next((fact.better for fact in facts if fact.name == name), "none")
        yield Promise(name, better, most)


def _about(fact: Fact) -> tuple[tuple[str, str], ...]:
    """A fact's labels but for those that say what was found, which may differ between rounds."""
    return tuple(sorted((k, v) for k, v in fact.labels.items() if k not in FOUND))


def _effect(
    old: Fact | None, new: Fact | None, key: str, promise: Promise, change: Change | None
) -> Effect:
    name, direction, most = promise.fact, promise.direction, promise.most
    was, now = _number(old), _number(new)
    if old is None or new is None or was is None or now is None:
        reason = f"{name} was not measured {'before' if was is None else 'after'}"
        return Effect(key, name, direction, "undecided", reason, was, now, most=most)
    verdict, reason = (
        _compared(old, new, direction) if change is None else _paired(change, direction)
    )
    if most is not None:
        moved = now - was if change is None else change.moved
        verdict, reason = _spared(verdict, reason, moved if direction == "lower" else -moved, most)
        if direction == "none":
            verdict, reason = "undecided", f"{name} has no better direction"
    ends = old.interval, new.interval
    about = dict(_about(old))
    return Effect(key, name, direction, verdict, reason, was, now, *ends, about, most=most)


def _spared(verdict: Verdict, reason: str, worse: float, most: float) -> tuple[Verdict, str]:
    """A verdict on what was to improve, as one on what may become worse by ``most``."""
    if verdict == "undecided":
        return verdict, reason
    kept = verdict != "harmful" or worse <= most
    return ("within" if kept else "harmful"), f"{reason}; {shown(most)} worse was allowed"


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
