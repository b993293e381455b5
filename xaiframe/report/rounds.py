"""What earlier rounds changed, by whose leave, and what became of the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xaiframe.facts import Fact, Prescription
from xaiframe.prescription.overrides import command
from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Page, Prose, Row, ScreenTable, Table, num
from xaiframe.report.record import Record

COMPARED = (
    "model.test.score",
    "model.test.calibration_error",
    "evaluation.agreement.mean_spearman",
    "evaluation.agreement.conflicting_share",
    "evaluation.knowledge.held_share",
    "evaluation.shortcuts.lost",
    "precaution.correlation.redundant_pairs",
)
PAIRED = "rounds.paired"


def applied(record: Record) -> Iterable[Block]:
    """Each prescription that an earlier round put into force: when, by whose leave, and why."""
    owner = str(record.strategy.get("owner") or "")
    for number, item in in_force(record):
        leave = "its rule is automatic"
        if item.accepted:
            leave = "accepted by the recipe's owner" + (f", {owner}" if owner else "")
        yield Page(
            f"applied-{item.key}-{number}",
            "_prescription.html",
            {
                "title": f"{words.sentence(words.label(item.key))}: applied in round {number}",
                "relation": words.label(item.relation),
                "because": item.because,
                "fired_by": list(item.fired_by),
                "by": leave,
                "command": command(item),
                "expect": expected(item),
            },
        )


def expected(item: Prescription) -> str:
    """What a prescription promises, and what it may cost."""
    told = [f"{item.expect['fact']} should become {item.expect.get('direction', 'better')}"]
    told += [
        f"{fact} may become worse by {words.number(most)} at most"
        for fact, most in item.costs.items()
    ]
    return "; ".join(told)


def in_force(record: Record) -> Iterator[tuple[int, Prescription]]:
    """(round, prescription) of all that was applied, in order of the first round that did; what was
    taken back as well."""
    told = {(one.get("round"), one.get("prescription")) for one in record.effects}
    seen = set()
    for number, before in enumerate(record.earlier()[:-1], 2):
        for item in before.prescriptions:
            settings = (item.key, command(item))
            if item.applies and (number, item.key) in told and settings not in seen:
                seen.add(settings)
                yield number, item


def taken_back(record: Record, item: Prescription) -> bool:
    """Whether a round of this run tried it with these settings, and it was taken back."""
    tried = any(
        one.key == item.key and one.overrides == item.overrides for _, one in in_force(record)
    )
    return tried and any(
        one["prescription"] == item.key and one.get("taken_back") for one in record.effects
    )


def compared(record: Record) -> Iterable[Block]:
    """Headline facts of the first round beside those of the last; on screen, all of them."""
    rounds = record.earlier()
    if len(rounds) < 2:
        return
    first, last = rounds[0].facts, rounds[-1].facts
    heads = ["fact", "round 1", f"round {len(rounds)}", "change"]
    pairs = [(first.one(name), last.one(name), name) for name in COMPARED]
    rows = [_pair(*pair) for pair in pairs if pair[0] or pair[1]]
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


def same_rows(record: Record) -> Iterable[Block]:
    """How the score moved on the same test rows, and how many answers did."""
    said = paired(record)
    if said:
        yield Prose([said], f"The same test rows in round 1 and round {len(record.earlier())}")


def paired(record: Record) -> str:
    """The change of the score and of the answers in words; empty where there was one round."""
    moved = record.facts.one(f"{PAIRED}.score_change")
    if moved is None or not isinstance(moved.value, (int, float)):
        return ""
    name = "R²" if moved.unit == "R²" else "accuracy, counting classes equally,"
    ends = words.interval(moved.interval) if moved.interval else ""
    spread = f" ({ends})" if ends else ""
    low, high = moved.interval or (-1.0, 1.0)
    worth = "better" if low > 0 else "worse" if high < 0 else "no change beyond chance"
    said = (
        f"On the same {words.number(moved.n)} test rows {name} moved by "
        f"{signed(float(moved.value))}{spread}: {worth}."
    )
    answers = record.facts.one(f"{PAIRED}.answers_changed")
    if answers is not None and isinstance(answers.value, (int, float)):
        said += f" {words.sentence(words.of_hundred(float(answers.value)))} answers changed."
    return said


def signed(value: float) -> str:
    """A change with its sign."""
    near = round(value, 3)
    return f"{near:+.3f}".replace("-", "−") if near else "0.000"
