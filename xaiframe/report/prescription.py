"""What to do next, as overrides to paste; and what earlier rounds' changes did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from xaiframe.facts import Fact, Prescription
from xaiframe.prescription.overrides import conflicts
from xaiframe.report import words
from xaiframe.report.block import (
    Block,
    Cell,
    Chapter,
    Note,
    Page,
    Row,
    ScreenTable,
    Table,
    num,
    parts,
)
from xaiframe.report.record import Record
from xaiframe.report.repairs import repairs

COMPARED = (
    "model.test.score",
    "model.test.calibration_error",
    "evaluation.agreement.mean_spearman",
    "evaluation.knowledge.held_share",
    "precaution.correlation.redundant_pairs",
)


OUTCOMES = {
    "kept": "improved what it should",
    "no effect": "had no effect beyond chance",
    "harmful": "did harm",
    "undecided": "cannot be judged",
}


def chapter(record: Record) -> Chapter:
    """What earlier changes did, then what to change next."""
    blocks = parts(record, effects, repairs, prescribed, disputed)
    if not record.prescriptions and not record.effects:
        none = "none: no declared rule fired on the facts of this run"
        blocks = [*parts(record, repairs), Note("Prescriptions", none)]
    return Chapter(
        "prescriptions", "What to do", "What should be changed, and what did changes do?", blocks
    )


def prescribed(record: Record) -> Iterable[Block]:
    """Each prescription with the command that applies it."""
    recipe = str(record.recipe.get("name", "recipe"))
    for item in record.prescriptions:
        overrides = [override(key, value) for key, value in item.overrides.items()]
        yield Page(
            f"prescription-{item.key}",
            "_prescription.html",
            {
                "title": words.sentence(words.label(item.key)),
                "relation": words.label(item.relation),
                "because": item.because,
                "fired_by": list(item.fired_by),
                "command": f"xaiframe run recipes/{recipe}.yaml " + " ".join(overrides)
                if overrides
                else "",
                "by": by(item),
                "expect": _expect(dict(item.expect)),
            },
        )


def by(item: Prescription) -> str:
    """Who puts a prescription into force."""
    if not item.overrides:
        return "to be done where the model is trained"
    if item.accepted:
        return "accepted by the recipe's owner, applied by a further round"
    if item.automatic:
        return "applied by a further round"
    return f"to be applied by hand, or by rounds=2 and accept=[{item.key}]"


def override(key: str, value: Any) -> str:
    """``'key=value'`` quoted for a shell, the value in the flow style the command line reads."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    text = text.strip("\n").removesuffix("...").strip("\n")
    return "'" + f"{key}={text}".replace("'", "'\\''") + "'"


def _expect(expect: dict[str, str]) -> str:
    return (
        f"{expect['fact']} should become {expect.get('direction', 'better')}"
        if expect.get("fact")
        else ""
    )


def effects(record: Record) -> Iterable[Block]:
    """What we changed and what it did: facts before and after, per prescription."""
    rounds = record.earlier()
    if record.effects:
        rows: list[Row] = [
            [
                words.sentence(words.label(str(e["prescription"]))),
                Cell(str(e.get("round") or "–"), "number"),
                str(e["fact"]),
                num(e.get("before"), spread=e.get("before_interval")),
                num(e.get("after"), spread=e.get("after_interval")),
                _became(e),
            ]
            for e in record.effects
        ]
        yield Table(
            "effects",
            _outcome(record.effects),
            ["prescription", "round", "fact it should improve", "before", "after", "what it did"],
            rows,
            how="Before: the round before it was applied. After: the round it was applied in. "
            "What did harm is taken back: the next round runs without it.",
            caution="One repetition: a change smaller than its interval is noise.",
        )
    if len(rounds) > 1:
        yield from compared(rounds)


def _became(effect: Mapping[str, Any]) -> str:
    verdict = words.label(str(effect.get("verdict") or "not judged"))
    return f"{verdict}, taken back" if effect.get("taken_back") else verdict


def _outcome(effects: Sequence[Mapping[str, Any]]) -> str:
    """How many of the expected improvements came."""
    verdicts = Counter(str(one.get("verdict")) for one in effects)
    told = [f"{verdicts[kind]} {said}" for kind, said in OUTCOMES.items() if verdicts[kind]]
    return f"Of {words.count(len(effects), 'prescription')} applied, {words.listing(told)}"


def disputed(record: Record) -> Iterable[Block]:
    """Settings that two prescriptions want differently, and which prevails."""
    rows: list[Row] = [
        [
            Cell(one.key, "code"),
            "; ".join(f"{words.label(key)}: {value}" for key, value in one.values.items()),
            f"{words.label(one.kept)} prevails" if one.kept else "none is applied",
            one.reason,
        ]
        for one in conflicts(record.prescriptions)
    ]
    if rows:
        yield Table(
            "conflicts",
            f"{words.sentence(words.count(len(rows), 'setting'))} that prescriptions dispute",
            ["setting", "wanted", "applied", "because"],
            rows,
        )


def compared(rounds: list[Record]) -> Iterable[Block]:
    """Headline facts of the first round beside those of the last; on screen, all of them."""
    first, last = rounds[0].facts, rounds[-1].facts
    heads = ["fact", "round 1", f"round {len(rounds)}", "change"]
    rows = [_pair(first.one(name), last.one(name), name) for name in COMPARED]
    yield Table("rounds", f"Round 1 and round {len(rounds)}", heads, rows, compact=True)
    plain = [f.name for f in last if not f.labels and isinstance(f.value, (int, float))]
    every = [_pair(first.one(name), last.one(name), name) for name in dict.fromkeys(plain)]
    yield ScreenTable(
        "all-rounds", "Every fact of both rounds", heads, every, compact=True, sortable=True
    )


def _pair(before: Fact | None, after: Fact | None, name: str) -> Row:
    cells = [
        num(f.value, f.unit, f.interval) if f else Cell("not assessed") for f in (before, after)
    ]
    values = [f.value for f in (before, after) if f and isinstance(f.value, (int, float))]
    change = num(float(values[1]) - float(values[0])) if len(values) == 2 else Cell("–", "number")
    return [Cell(name, "code"), *cells, change]
