"""What applied prescriptions did: to what they were to improve, at what cost, and with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Note, Prose, Row, Table, num
from xaiframe.report.record import Record

OUTCOMES = {
    "kept": "improved",
    "no effect": "did not move beyond chance",
    "harmful": "became worse",
    "undecided": "cannot be judged",
}
"""Verdict → what became of the fact that was to improve."""
SPARED = {
    "within": "within what was allowed",
    "harmful": "more than was allowed",
    "undecided": "cannot be judged",
}
"""Verdict → what became of the fact that was to be spared."""


def effects(record: Record) -> Iterable[Block]:
    """What became of the facts that the applied prescriptions were to improve or to spare."""
    if record.effects:
        rows: list[Row] = [
            [
                words.sentence(words.label(str(one["prescription"]))),
                Cell(_rounds(one), "number"),
                str(one["fact"]) + (f" ({about})" if about else ""),
                num(one.get("before"), spread=one.get("before_interval")),
                num(one.get("after"), spread=one.get("after_interval")),
                _became(one),
            ]
            for one, about in zip(record.effects, abouts(record.effects), strict=True)
        ]
        yield Table(
            "effects",
            outcome(record.effects),
            [
                "prescription",
                "rounds",
                "fact to improve or spare",
                "before",
                "after",
                "what it did",
            ],
            rows,
            how="Rounds: without it → with it. A score on validation rows moved where both rounds' "
            "answers to the same rows differ by more than chance, any other fact where each value "
            "lies outside the other's interval. What made something worse and nothing better, or "
            "cost more than its rule allows, is taken back: the next round runs without it. Those "
            "that promised the same fact in one round share its verdict; where that is harm, the "
            "rounds that are left try them apart.",
            caution="One repetition: a change smaller than its interval is noise.",
            compact=True,
            widths=(13, 7, 38, 13, 13, 16),
        )
        yield from shared(record.effects)


def shared(effects: Sequence[Mapping[str, Any]]) -> Iterable[Block]:
    """Who shares a gain, and who shares a harm that no round was left to tell apart."""
    ends = [one for one in effects if one.get("shared") and not one.get("superseded")]
    gains = _together([one for one in ends if one["verdict"] == "kept"])
    harms = _together([one for one in ends if one.get("blind")])
    if gains:
        told = [f"{who}: {fact} improved with all of them in force" for who, fact in gains]
        yield Prose([f"{'; '.join(told)}. What each did alone was not tried."], "Credit shared")
    if harms:
        told = [f"{who}: {fact} became worse with all of them in force" for who, fact in harms]
        yield Note(
            "Shared blame, not told apart",
            f"{'; '.join(told)}. What was not found harmless on its own was taken back, although "
            "some of it may be; with more rounds the parts are tried.",
        )


def _together(effects: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(names, fact) of those whose verdict is one."""
    found: dict[tuple[str, ...], str] = {}
    for one in effects:
        found.setdefault(tuple(sorted((one["prescription"], *one["shared"]))), str(one["fact"]))
    return [
        (words.sentence(words.listing([words.label(one) for one in keys])), fact)
        for keys, fact in found.items()
    ]


def _rounds(effect: Mapping[str, Any]) -> str:
    """The round it is held against, and the one it was in force."""
    number, before = effect.get("round"), effect.get("against")
    return f"{before} → {number}" if before else str(number or "–")


def abouts(effects: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each effect is about, in the labels that tell it from others on the same fact."""
    return [_about(one, [other for other in effects if other.get("fact") == one.get("fact")])
            for one in effects]  # fmt: skip


def _about(effect: Mapping[str, Any], alike: Sequence[Mapping[str, Any]]) -> str:
    labels = dict(effect.get("labels") or {})
    others = [dict(one.get("labels") or {}) for one in alike]
    told = [key for key in labels if len({one.get(key) for one in others}) > 1]
    return ", ".join(str(labels[key]) for key in told)


def _became(effect: Mapping[str, Any]) -> str:
    verdict = str(effect.get("verdict") or "not judged")
    said = words.label(verdict) if effect.get("most") is None else spared(effect)
    return said + partners([effect]) + end([effect])


def spared(effect: Mapping[str, Any]) -> str:
    """What became of a fact that might become worse by so much."""
    most = words.number(effect["most"])
    kinds = {"within": f"cost within {most}", "harmful": f"cost beyond {most}"}
    return kinds.get(str(effect["verdict"]), words.label(str(effect["verdict"])))


def partners(effects: Sequence[Mapping[str, Any]]) -> str:
    """With whom a verdict is shared."""
    keys = dict.fromkeys(key for one in effects for key in one.get("shared") or ())
    return f", with {words.listing([words.label(key) for key in keys])}" if keys else ""


def end(effects: Sequence[Mapping[str, Any]]) -> str:
    """Whether a prescription was taken back, and whether for others' sake perhaps."""
    if any(one.get("superseded") for one in effects):
        return ", then tried apart"
    if not any(one.get("taken_back") for one in effects):
        return ""
    blind = any(one.get("blind") for one in effects)
    return ", not told apart, taken back" if blind else ", taken back"


def outcome(effects: Sequence[Mapping[str, Any]]) -> str:
    """How many expected improvements came, by what was found out last, and at what cost."""
    ends = [one for one in effects if not one.get("superseded")]
    hoped = [one for one in ends if one.get("most") is None]
    told = f"Of {words.count(len(hoped), 'fact')} that prescriptions should improve, "
    told += words.listing(_counted(hoped, OUTCOMES))
    costs = [one for one in ends if one.get("most") is not None]
    if not costs:
        return told
    return f"{told}; of {words.count(len(costs), 'cost')}, {words.listing(_counted(costs, SPARED))}"


def _counted(effects: Sequence[Mapping[str, Any]], said: Mapping[str, str]) -> list[str]:
    verdicts = Counter(str(one.get("verdict")) for one in effects)
    return [f"{verdicts[kind]} {told}" for kind, told in said.items() if verdicts[kind]]
