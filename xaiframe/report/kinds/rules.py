"""Rules: what is enough for an answer, case by case, and few rules that speak of many rows."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.facts import Fact
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Grid, Heading, Prose, Row, Table
from xaiframe.report.record import Record
from xaiframe.report.scoped.drawn import DRAW, thing
from xaiframe.report.scoped.ruled import Ruled, amount

KIND = "rules"
LISTED = 8
CALLED = {
    "reached": "answers with a rule that keeps them",
    "refuted": "rules that test rows contradict",
    "empty": "answers that stay without any condition",
    "conditions": "conditions of a rule",
    "precision": "answers that stay under a rule",
    "coverage": "test rows that a rule speaks of",
    "alike": "of them answered alike",
}
"""Facts in the order of the table, and what they are called there."""
PASTED = "answered alike with the kept parts put into test rows"
OWN = "rules of their own message alone: others with these words are answered otherwise"
NOT_CAUSE = (
    "A rule says where the model gives the answer; where features vary together it need not name "
    "what makes the model give it."
)
SENSE = {
    "fitting": "Draws: training rows that meet the rule, half of them recombined from two.",
    "any": "Draws: any training row, with values put in that meet the rule.",
}
REST = (
    "Draws: what is not named stays or gives way to the reference's background, one as likely as "
    "the other."
)


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """How many answers have a rule, how far rules carry, and which few speak of most rows."""
    method = unit[1]
    yield Heading(
        f"{method}-overall",
        words.sentence(words.label(method)),
        "What is enough for the answer, whatever else is so?",
    )
    yield _measures(record, unit)
    if not record.redact:
        yield from _together(record, unit)
    yield from _uses(record, unit)


def _measures(record: Record, unit: tuple[str, str]) -> Table:
    prefix = ".".join(unit)
    rows: list[Row] = []
    shown = []
    for name, called in CALLED.items():
        fact = record.facts.one(f"{prefix}.{name}")
        if fact is None or (fact.value is None and name != "precision"):
            continue
        if name == "refuted" and not _real(record):
            continue
        told = PASTED if name == "alike" and not _real(record) else called
        told = OWN if name == "refuted" and explained.modality(record) == "text" else told
        rows.append([told, _value(fact), Cell(words.number(fact.n), "number")])
        shown.append(f"{prefix}.{name}")
    sure = words.of_hundred(amount(record, f"{prefix}.confidence"))
    return Table(
        f"{unit[1]}-measures",
        _title(record, unit),
        ["", "value", "n"],
        rows,
        how=f"A rule is told where at least {_required(record, unit)} answers stay, sure in {sure} "
        f"cases, on draws made after the search. {_draws(record, unit)}{_same(record, prefix)}"
        " In brackets: 95 % interval over instances.",
        caution=NOT_CAUSE,
        facts=tuple(shown),
        compact=True,
        widths=(52, 36, 12),
    )


def _real(record: Record) -> bool:
    """Whether test rows meet a rule by themselves."""
    return explained.modality(record) in ("table", "text")


def _required(record: Record, unit: tuple[str, str]) -> str:
    return words.of_hundred(amount(record, f"{'.'.join(unit)}.required"))


def _draws(record: Record, unit: tuple[str, str]) -> str:
    """Where what a rule leaves open comes from."""
    if explained.modality(record) != "table":
        return REST
    node = (record.recipe.get(unit[0]) or {}).get(unit[1]) or {}
    return SENSE.get(str(node.get("rest", "fitting")), "")


def _same(record: Record, prefix: str) -> str:
    """What counts as the same answer of a quantity."""
    gap = record.facts.one(f"{prefix}.tolerance")
    if gap is None or gap.value is None:
        return ""
    target = str(record.facts.value("data.load.target", ""))
    unit = explained.target_unit(record, target)
    return f" The same answer: at most {words.number(float(gap.value), unit)} away."


def _value(fact: Fact) -> Cell:
    if fact.value is None:
        return Cell(fact.reason or "not measured")
    value = float(fact.value)
    if fact.unit == "share":
        ends = fact.interval and (100 * fact.interval[0], 100 * min(fact.interval[1], 1.0))
        return Cell(words.number(100 * value, "%"), "number", value, extra=words.brackets(ends))
    return Cell(words.number(value, digits=2), "number", value, extra=words.brackets(fact.interval))


def _title(record: Record, unit: tuple[str, str]) -> str:
    """The finding: how many answers have a rule, and how short it is."""
    prefix = ".".join(unit)
    reached, length = (record.facts.one(f"{prefix}.{one}") for one in ("reached", "conditions"))
    if reached is None or reached.value is None:
        return "No instance was explained"
    n = int(reached.n or 0)
    count = round(float(reached.value) * n)
    if not count:
        return f"None of {n} answers has a rule that keeps {_required(record, unit)}"
    mean = words.number(round(float((length and length.value) or 0), 1))
    what = "condition" if mean == "1" else "conditions"
    return f"{count} of {n} answers have a rule, of {mean} {what} on average"


def _together(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """The short list."""
    stored = record.table(".".join(unit), "together")
    fact = record.facts.one(f"{'.'.join(unit)}.together")
    if stored is None or stored.empty or fact is None or fact.value is None:
        return
    rows: list[Row] = []
    for one in stored.drop_duplicates("rank").to_dict("records"):
        ruled = Ruled(record, unit, int(one["position"]))
        if ruled.rule is None:
            continue
        joined = " and ".join(ruled.said)
        rows.append(
            [joined if explained.modality(record) == "table" else f"has {joined}",
             ruled.answer, ruled.kept,
             Cell(words.number(int(one["added"])), "number", int(one["added"])),
             f"{int(one['right'])} of {int(one['added'])}"]
        )  # fmt: skip
    told = "1 rule speaks of" if len(rows) == 1 else f"{len(rows)} rules together speak of"
    share = words.of_hundred(float(fact.value))
    yield Table(
        f"{unit[1]}-together",
        f"{told} {share} test rows",
        ["where", "the model says", "stays in", "further rows", "answered so"],
        rows,
        how="Read from above: each rule is the one that speaks of most test rows that none before "
        "it does, and of those counts how many are answered as it says.",
        n=words.count(int(fact.n or 0), "test row"),
        facts=(f"{'.'.join(unit)}.together",),
        compact=True,
        widths=(40, 16, 20, 11, 13),
    )


def _uses(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """Columns that rules name most often."""
    facts = record.facts.where(f"{'.'.join(unit)}.uses")
    if not facts:
        return
    rows: list[Row] = []
    for fact in facts[:LISTED]:
        count = round(float(fact.value or 0) * int(fact.n or 0))
        rows.append([fact.labels["feature"], Cell(f"{count} of {fact.n}", "number", count)])
    top = facts[0].labels["feature"]
    yield Grid(
        [
            Table(
                f"{unit[1]}-uses",
                f"{words.quoted(words.shortened(top, 40))} stands in most rules",
                ["feature", "rules"],
                rows,
                facts=(f"{'.'.join(unit)}.uses",),
                compact=True,
                widths=(70, 30),
            )
        ],
        2,
    )


def case(record: Record, unit: tuple[str, str], position: int) -> Iterable[Block]:
    """What is enough for the answer to one instance, drawn according to the modality."""
    ruled = Ruled(record, unit, position)
    if record.redact or ruled.rule is None:
        return
    state = str(ruled.rule["state"])
    if state == "empty" or not ruled.said:
        yield Prose([_without(ruled, state)])
        return
    if state == "short" and explained.modality(record) != "table":
        yield Prose([f"{short(ruled)}."])
        return
    yield from DRAW[explained.modality(record)](ruled, title(ruled), how(ruled), NOT_CAUSE)


def title(ruled: Ruled) -> str:
    """The rule as a sentence, or that it is none."""
    assert ruled.rule is not None
    if ruled.rule["state"] == "short":
        return short(ruled)
    modality, told = explained.modality(ruled.record), ruled.said
    if ruled.rule["state"] == "refuted" and modality == "table":
        return (
            f"Not believed: a rule keeps {ruled.kept}, but only {ruled.borne_out} test rows that "
            "it speaks of are answered so"
        )
    if modality == "table":
        where = f"Where {' and '.join(told)}" if len(told) < 3 else _named(ruled)
    elif modality == "text":
        where = f"With {words.listing(told)} kept"
    else:
        where = f"With {thing(ruled, len(told))} kept"
    return f"{where}, the model says {ruled.answer} in {ruled.kept}"


def _named(ruled: Ruled) -> str:
    return f"Where these {thing(ruled, len(ruled.said))} hold"


def short(ruled: Ruled) -> str:
    """What is said where no rule reached its precision."""
    assert ruled.rule is not None
    node = (ruled.record.recipe.get(ruled.unit[0]) or {}).get(ruled.unit[1]) or {}
    most = node.get("most")
    limit = f" of at most {thing(ruled, int(most))}" if most else ""
    return (
        f"No rule{limit} was found that surely keeps {ruled.required} answers {ruled.answer}; "
        f"the nearest keeps {ruled.kept}"
    )


def _without(ruled: Ruled, state: str) -> str:
    if state != "empty":
        return f"{short(ruled)}."
    rest = "whatever else is so"
    if explained.modality(ruled.record) != "table":
        rest = "whatever of it is left out"
    return f"No condition is needed: the model says {ruled.answer} in {ruled.kept}, {rest}."


def how(ruled: Ruled) -> str:
    """What was drawn, and what test rows say."""
    assert ruled.rule is not None
    told = _draws(ruled.record, ruled.unit)
    if explained.modality(ruled.record) == "table":
        share = words.of_hundred(float(ruled.rule["coverage"]))
        return f"{told} It speaks of {share} test rows."
    if explained.modality(ruled.record) == "text":
        held = "Test messages that hold these words and are answered alike"
        only = " The rule is of this message alone." if ruled.rule["state"] == "refuted" else ""
        return f"{told} {held}: {ruled.borne_out}.{only}"
    return f"{told} Put into test rows, these parts keep the answer in {ruled.borne_out}."
