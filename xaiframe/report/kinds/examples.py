"""Training rows beside explained instances, and those that tell of the whole data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xaiframe.facts import Fact
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Grid, Heading, Prose, Row, Table
from xaiframe.report.lessons import cells, curves, photos
from xaiframe.report.lessons.beside import Lesson, Lessons, mine
from xaiframe.report.record import Record

KIND = "examples"
BESIDE = {"proponent": 3, "opponent": 2, "prototype": 3}
"""Rows drawn beside an instance, of each role."""
COLUMNS = 4
"""Features of a listed row."""
GROUPS, LONG = 12, 150
QUESTION = {
    "gradient": "From which training rows did the model learn its answers, and which spoke "
    "against them?",
    "perturbation": "Which rows stand for each answer, and which rows does none stand for?",
}
HOW = {
    "gradient": "For: training rows whose lessons raised the score of the answer; against: those "
    "that lowered it. The number is the influence, relative to the strongest row.",
    "perturbation": "The prototypes nearest to this case; the number is the distance.",
}
RAISED = (
    "Training rows whose lessons raised or lowered the predicted value. The number is the "
    "influence, relative to the strongest row."
)
CAUTION = {
    "gradient": "Read the order, not the size: the fit's optimiser scales its steps. Rows that are "
    "hard to learn move many answers at once.",
    "perturbation": "A prototype is typical of what the model says, right or wrong.",
}
CALLED = {
    "checkpoints": "checkpoints of the fit looked at",
    "epochs": "after these epochs",
    "layer": "weights that are followed",
    "looked_at": "training rows looked at",
    "learnt_from": "what the model learnt from",
    "contradicted": "suspects whose label the model contradicts",
    "width": "width of the kernel (median distance)",
    "nearest_accuracy": "model's answer foretold by the nearest prototype",
    "constant_accuracy": "the same by the most frequent answer alone",
    "greedy_bound": "greedy choice within (1 − 1/e) of the best",
    "same_answer": "cases whose first row is of the answer given",
    "commonest": "cases that share one row",
}
"""Facts in the order of the table, and what they are called there."""
ROLE = {"proponent": "for", "opponent": "against", "prototype": "prototypes"}


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """What was looked at and how well it stands, then the rows themselves."""
    lessons = Lessons(record, unit)
    yield Heading(f"{unit[1]}-overall", words.sentence(words.label(unit[1])), QUESTION[unit[0]])
    yield _measures(lessons)
    if lessons.gradient:
        yield from _suspects(lessons)
        return
    yield _spread(lessons)
    if not record.redact:
        yield from _groups(lessons)


def _measures(lessons: Lessons) -> Table:
    rows: list[Row] = []
    used = []
    for name, said in CALLED.items():
        for fact in lessons.record.facts.where(f"{lessons.name}.{name}"):
            role = ROLE.get(str(fact.labels.get("role", "")), "")
            told = f"{said} ({role})" if role else said
            rows.append([told, _value(fact), Cell(_n(fact), "number")])
            used.append(fact.name)
    return Table(
        f"{lessons.unit[1]}-measures",
        _title(lessons),
        ["", "value", "n"],
        rows,
        how="In brackets: 95 % interval.",
        caution=CAUTION[lessons.unit[0]],
        facts=tuple(dict.fromkeys(used)),
        compact=True,
        widths=(50, 38, 12),
    )


def _n(fact: Fact) -> str:
    return "" if fact.n is None else words.number(fact.n)


def _value(fact: Fact) -> Cell:
    if isinstance(fact.value, str):
        return Cell(fact.value)
    value = float(fact.value or 0)
    if fact.unit in ("share", "share of rows"):
        ends = fact.interval and (100 * fact.interval[0], 100 * fact.interval[1])
        return Cell(words.number(100 * value, "%", digits=2), "text", value,
                    extra=words.brackets(ends))  # fmt: skip
    unit = "" if fact.unit in ("rows", "checkpoints") else fact.unit
    return Cell(words.number(value, unit), "text", value, extra=words.brackets(fact.interval))


def _title(lessons: Lessons) -> str:
    """The finding."""
    facts = lessons.record.facts
    if not lessons.gradient:
        found = facts.one(f"{lessons.name}.nearest_accuracy")
        count = int((lessons.overall["role"] == "prototype").sum())
        if found is None or found.value is None:
            return f"{words.count(count, 'prototype')} stand for the data"
        if found.unit == "R²":
            told = words.number(found.value, digits=2)
            return f"The nearest of {count} prototypes foretells the model with an R² of {told}"
        told = words.number(100 * float(found.value), "%", digits=2)
        alone = float(facts.value(f"{lessons.name}.constant_accuracy") or 0)
        less = f", the most frequent answer alone {words.number(100 * alone, '%', digits=2)}"
        return (
            f"The nearest of {count} prototypes foretells {told} of the model's answers"
            f"{less if found.interval and found.interval[0] <= alone else ''}"
        )
    common = facts.one(f"{lessons.name}.commonest", role="proponent")
    if common is None or not isinstance(common.value, float | int):
        return "No training row moved any answer"
    share = words.number(100 * float(common.value), "%", digits=2)
    return f"One training row is among the strongest for {share} of the explained cases"


def _suspects(lessons: Lessons) -> Iterable[Block]:
    """Rows that move their own loss most, in their natural form."""
    told = lessons.read(lessons.overall, float(lessons.overall["value"].max()))
    against = [one for one in told if one.wrong]
    if explained.regression(lessons.record):
        title = f"The {len(told)} rows that are hardest to learn"
    else:
        title = f"The model contradicts the label of {len(against)} of the {len(told)} rows that "
        title += "are hardest to learn"
    after = (
        "Such rows are rare, hard, or mislabelled: someone who knows should read them. "
        "repair=[suspects] leaves out those that precaution.purity finds by itself."
    )
    how = "Rows whose lessons lowered their own loss most (self-influence), the largest first."
    yield _listing(lessons, told, title, how, after, "suspects")
    shape = explained.modality(lessons.record)
    if not lessons.record.redact and shape == "image":
        yield Grid(photos.figures(lessons, told, "suspects"), photos.COLUMNS)
    elif not lessons.record.redact and shape == "series":
        yield curves.figures(lessons, told[:6], "suspects")


def _listing(
    lessons: Lessons, told: Sequence[Lesson], title: str, how: str, caution: str, key: str
) -> Table:
    """Rows with label, answer and number, and what a table's row or a message says."""
    record, shape = lessons.record, explained.modality(lessons.record)
    heads: list[str] = []
    further: list[list[str]] = [[] for _ in told]
    if not record.redact and shape == "table":
        heads = cells.leading(record, explained.features(record))[:COLUMNS]
        further = cells.listed(lessons, told, heads)
    elif not record.redact and shape == "text":
        heads, further = ["message"], [[words.shortened(one.told, LONG)] for one in told]
    rows: list[Row] = [
        [
            str(one.row),
            Cell(words.shortened(one.label, 24)),
            Cell(words.shortened(one.answer, 24), status="warn" if one.wrong else ""),
            Cell(lessons.size(one), "number", one.value),
            *more,
        ]
        for one, more in zip(told, further, strict=True)
    ]
    left = 100 - 44
    size = "influence" if lessons.gradient else "distance" if key.endswith("rows") else "value"
    return Table(
        f"{lessons.unit[1]}-{key}",
        title,
        ["row", "label", "model says", size, *(words.shortened(one, 22) for one in heads)],
        rows,
        how=how,
        caution=caution,
        compact=True,
        breaks=shape == "text",
        widths=(8, 12, 13, 11, *[left // len(heads)] * len(heads)) if heads else (),
    )  # fmt: skip


def _spread(lessons: Lessons) -> Table:
    """Per group how far the prototypes are spread like its rows, beside random rows."""
    facts = lessons.record.facts
    chance = {one.labels["group"]: one for one in facts.where(f"{lessons.name}.mmd2_random")}
    own = facts.where(f"{lessons.name}.mmd2")
    rows: list[Row] = []
    better = 0
    for fact in own[:GROUPS]:
        group = fact.labels["group"]
        other, value = chance[group], float(fact.value or 0)
        better += bool(other.interval and value < other.interval[0])
        table = lessons.overall[lessons.overall["group"] == group]
        named = {
            role: ", ".join(map(str, table.loc[table["role"] == role, "row"]))
            for role in ("prototype", "criticism")
        }
        rows.append(
            [
                words.shortened(group, 28),
                named["prototype"],
                named["criticism"] or "none",
                Cell(words.number(value), "number", value),
                Cell(words.number(float(other.value or 0)), "number", other.value,
                     extra=words.brackets(other.interval)),
                Cell(_n(fact), "number"),
            ]
        )  # fmt: skip
    rest = len(own) - len(rows)
    return Table(
        f"{lessons.unit[1]}-spread",
        f"In {better} of {len(rows)} groups the prototypes represent better than random rows do",
        ["the model says", "prototypes (rows)", "criticisms (rows)", "MMD²", "of random rows",
         "n"],
        rows,
        how="MMD²: how differently prototypes and rows of the group are spread, 0 where alike; "
        "in brackets the middle 95 % of as many random rows."
        + (f" {words.count(rest, 'further group')} not listed." if rest > 0 else ""),
        caution="A criticism is a row that the prototypes leave out, not a wrong one.",
        facts=(f"{lessons.name}.mmd2", f"{lessons.name}.mmd2_random"),
        compact=True,
        widths=(20, 20, 17, 11, 24, 8),
    )  # fmt: skip


def _groups(lessons: Lessons) -> Iterable[Block]:
    """The rows of each group, in their natural form."""
    shape = explained.modality(lessons.record)
    groups = list(dict.fromkeys(lessons.overall["group"]))[:GROUPS]
    drawn: list[Block] = []
    for place, group in enumerate(groups):
        told = lessons.read(lessons.overall[lessons.overall["group"] == group])
        if shape == "image":
            drawn += photos.figures(lessons, told, f"group-{place}")
        elif shape == "series":
            yield Prose([], title=str(group))
            yield curves.figures(lessons, told, f"group-{place}")
        else:
            yield _listing(lessons, told, f"Rows that stand for {group}, and that none stands for",
                           "Value: share of the group's rows nearest to the prototype; of a "
                           "criticism, how much denser the rows lie there.",
                           "", f"group-{place}")  # fmt: skip
    if drawn:
        yield Grid(drawn, photos.COLUMNS)
        yield Prose(
            ["The number: share of the group's pictures nearest to the prototype; of a criticism, "
             "how much denser the pictures lie there than the prototypes."]
        )  # fmt: skip


def case(record: Record, unit: tuple[str, str], position: int) -> Iterable[Block]:
    """The training rows beside one instance; numbers and labels alone where rows are withheld."""
    lessons = Lessons(record, unit)
    told = lessons.of(position, BESIDE)
    if not told:
        return
    how = HOW[unit[0]]
    if lessons.gradient and explained.regression(record):
        how = RAISED
    title, caution = _case_title(lessons, position, told), CAUTION[unit[0]]
    shape = explained.modality(record)
    if record.redact or shape == "text":
        yield _listing(lessons, told, title, how, caution, f"{position}-rows")
    elif shape == "table":
        yield from cells.beside(lessons, position, told, title, how, caution)
    else:
        yield (
            photos.beside(lessons, position, told)
            if shape == "image"
            else curves.figures(lessons, told, f"{position}", position)
        )
        yield Prose([f"{title}. {how}"])


def _case_title(lessons: Lessons, position: int, told: Sequence[Lesson]) -> str:
    """The strongest row as a sentence."""
    first = told[0]
    _, answer = mine(lessons.record, position)
    if not lessons.gradient:
        return f"Nearest stands a prototype of {first.answer} (row {first.row})"
    if explained.regression(lessons.record):
        way = "raised" if first.role == "proponent" else "lowered"
        return f"Training row {first.row} ({first.label}) {way} this prediction most"
    if first.role == "opponent":
        return f"No training row spoke for {answer}; row {first.row} spoke against it most"
    return f"Training row {first.row}, labelled {first.label}, spoke most for {answer}"
