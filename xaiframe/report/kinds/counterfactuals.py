"""Counterfactuals: how little turns a decision, over all instances and case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from xaiframe.facts import Fact
from xaiframe.report import explained, words
from xaiframe.report.altered import cells, crossed, curves, photos
from xaiframe.report.altered.found import Found
from xaiframe.report.block import Block, Cell, Grid, Heading, Prose, Row, Table
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import Values

KIND = "counterfactuals"
LISTED = 8
PICTURES: dict[str, Callable[[Found], list[Block]]] = {
    "table": cells.draw,
    "image": photos.draw,
    "text": crossed.draw,
    "series": curves.draw,
}
THING = {"table": "feature", "image": "part", "text": "word", "series": "segment"}
CALLED = {
    "validity": "instances for which one was found",
    "changed": "changed at most",
    "distance": "distance from the instance",
    "plausible": "smallest changes near training rows",
    "plausibility": "distance to the nearest training row",
    "actionable": "instances with any alternative near training rows",
    "diversity": "what two alternatives have not in common",
}
"""Facts in the order of the table, and what they are called there."""


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """What share of decisions turns, how little it takes, what changes, and into what."""
    stage, method = unit
    gradient = stage == "gradient"
    yield Heading(
        f"{method}-overall",
        words.sentence(words.label(method)),
        "How small a push along the gradient would change the answer?"
        if gradient
        else "What would have to be different for another answer?",
    )
    yield _measures(record, unit)
    tables = [*_features(record, unit), *_turned(record, unit)]
    if tables:
        yield Grid(tables, 2)


def _measures(record: Record, unit: tuple[str, str]) -> Table:
    prefix = ".".join(unit)
    rows: list[Row] = []
    hidden = ("changed",) if unit[0] == "gradient" else ()
    for name, said in CALLED.items():
        fact = record.facts.one(f"{prefix}.{name}")
        if fact is None or name in hidden:
            continue
        thing = THING[explained.modality(record)] + "s"
        told = f"{thing} changed, on average" if name == "changed" else said
        rows.append([told, _value(fact), Cell(words.number(fact.n), "number")])
    wanted = str(record.facts.value(f"{prefix}.wanted", "another answer"))
    fixed = str(record.facts.value(f"{prefix}.fixed", ""))
    caution = "A change that turns the model need not turn the world, and may not be possible."
    if unit[0] == "gradient":
        caution = "The size belongs to this search: a smaller one may exist that it did not find."
    near = (
        " Near: no farther from a training row of the class it is turned into than 95 % of those "
        "rows lie from each other."
        if record.facts.one(f"{prefix}.plausible")
        else ""
    )
    if fixed:
        caution = f"Left as they are: {words.shortened(fixed, 120)}. {caution}"
    return Table(
        f"{unit[1]}-measures",
        _title(record, unit),
        ["", "value", "n"],
        rows,
        how=f"Sought: {wanted}. Of each instance the smallest change counts; in brackets: 95 % "
        f"interval.{near}",
        caution=caution,
        facts=tuple(
            f"{prefix}.{name}"
            for name in CALLED
            if name not in hidden and record.facts.one(f"{prefix}.{name}")
        ),
        compact=True,
        widths=(46, 42, 12),
    )


def _value(fact: Fact) -> Cell:
    if fact.value is None:
        return Cell(fact.reason or "not measured")
    value = float(fact.value)
    if fact.unit == "share":
        ends = fact.interval and (100 * fact.interval[0], 100 * fact.interval[1])
        return Cell(words.number(100 * value, "%", digits=2), "number", value,
                    extra=words.brackets(ends))  # fmt: skip
    unit = "" if fact.unit == "features" else fact.unit
    return Cell(words.number(value, unit), "number", value, extra=words.brackets(fact.interval))


def _title(record: Record, unit: tuple[str, str]) -> str:
    """The finding: how many decisions turn, and what it takes."""
    prefix = ".".join(unit)
    found, taken = (record.facts.one(f"{prefix}.{one}") for one in ("validity", "changed"))
    if found is None or found.value is None:
        return "Every answer was as wanted from the start"
    n, thing = int(found.n or 0), THING[explained.modality(record)]
    count = round(float(found.value) * n)
    what = "predictions move as far as wanted" if explained.regression(record) else "decisions turn"
    told = f"{count} of {n} {what}"
    if unit[0] == "gradient":
        size = record.facts.one(f"{prefix}.distance")
        if size is None or size.value is None:
            return told
        return f"{told}, on average by a push of {words.number(size.value)} sd"
    if taken is None or taken.value is None:
        return told
    amount = words.number(taken.value, digits=2)
    return f"{told}, with {amount} changed {thing}{'' if amount == '1' else 's'} on average"


def _features(record: Record, unit: tuple[str, str]) -> list[Table]:
    """Columns that the smallest changes touch most often, and which way."""
    prefix = ".".join(unit)
    facts = record.facts.where(f"{prefix}.changes")
    stored = record.table(prefix, "changes")
    if not facts or stored is None or unit[0] == "gradient":
        return []
    first, kinds = stored[stored["rank"] == 1], Values(record).kinds
    rows: list[Row] = []
    for fact in facts[:LISTED]:
        name = fact.labels["feature"]
        count = round(float(fact.value or 0) * int(fact.n or 0))
        rows.append(
            [name, Cell(f"{count} of {fact.n}", "number", count),
             _way(first[first["feature"] == name], kinds.get(name, "numeric"))]
        )  # fmt: skip
    top = facts[0].labels["feature"]
    return [
        Table(
            f"{unit[1]}-features",
            f"{words.quoted(words.shortened(top, 40))} is changed most often",
            ["feature", "changed in", "way"],
            rows,
            how="The smallest change of each instance; ↑ raised, ↓ lowered.",
            facts=(f"{prefix}.changes",),
            compact=True,
            widths=(50, 24, 26),
        )
    ]


def _way(own: pd.DataFrame, kind: str) -> str:
    """``↑ 3  ↓ 1``; levels have no way."""
    if kind in ("categorical", "boolean"):
        return "another level"
    up = int((own["after"] > own["before"]).sum())
    down = int((own["after"] < own["before"]).sum())
    told = [f"↑ {up}"] * bool(up) + [f"↓ {down}"] * bool(down)
    return "  ".join(told) or "filled in"


def _turned(record: Record, unit: tuple[str, str]) -> list[Table]:
    """Which classes lie next to each other."""
    stored = record.table(".".join(unit), KIND)
    if stored is None or explained.regression(record):
        return []
    best = stored[stored["rank"] == 1]
    if best.empty:
        return []
    counts = best.groupby(["before", "after"], as_index=False).agg(
        size=("distance", "size"), mean=("distance", "mean")
    )
    counts = counts.sort_values("size", ascending=False, kind="stable").head(LISTED)
    asked = stored[stored["state"] != "already"].drop_duplicates("id")["before"].value_counts()
    rows: list[Row] = [
        [
            str(one["before"]),
            str(one["after"]),
            Cell(f"{int(one['size'])} of {asked[one['before']]}", "number", int(one["size"])),
            Cell(words.number(float(one["mean"]), digits=2), "number", float(one["mean"])),
        ]
        for one in counts.to_dict("records")
    ]
    before, after = rows[0][:2]
    return [
        Table(
            f"{unit[1]}-turned",
            f"Most often {before} becomes {after}",
            ["from", "to", "instances", "mean distance"],
            rows,
            how="The smallest change of each instance.",
            compact=True,
            widths=(29, 29, 21, 21),
        )
    ]


def case(record: Record, unit: tuple[str, str], position: int) -> Iterable[Block]:
    """What would have to be different of one instance, drawn according to the modality."""
    found = Found(record, unit, position)
    if record.redact or found.own.empty:
        return
    if found.alternatives.empty:
        yield Prose([_without(found)])
        return
    yield from PICTURES[explained.modality(record)](found)


def told(record: Record, position: int) -> str:
    """The smallest changes found of one instance as a sentence; empty where nobody looked."""
    sentences = []
    for stage in ("perturbation", "gradient"):
        for method in record.choices(stage):
            found = Found(record, (stage, method), position)
            if (record.units.get(found.name) or {}).get("kind") != KIND or found.own.empty:
                continue
            if found.alternatives.empty:
                sentences.append(_without(found))
            elif explained.modality(record) == "table":
                sentences.append(f"{cells.title(found, Values(record))}.")
            else:
                sentences.append(f"{_briefly(found)} the model would say {found.answer(0)}.")
    return " ".join(sentences[:1])


def _briefly(found: Found) -> str:
    """How much of a picture, message or series is different."""
    first = found.alternatives.iloc[0]
    if found.gradient:
        return f"After a push of {words.number(float(first['distance']), 'sd')} in all"
    modality = explained.modality(found.record)
    way = "left out" if modality == "text" else "taken from elsewhere"
    return f"With {words.count(int(first['changed']), THING[modality])} {way}"


def _without(found: Found) -> str:
    """Why there is none."""
    if found.own["state"].iloc[0] == "already":
        return f"The answer is as wanted from the start: {found.now}."
    if found.gradient:
        return f"No push was found that changes the answer, {found.now}."
    node = (found.record.recipe.get(found.unit[0]) or {}).get(found.unit[1]) or {}
    most, thing = node.get("most"), THING[explained.modality(found.record)]
    told = f"at most {words.count(int(most), thing)}" if most else f"few {thing}s"
    way = "left out" if explained.modality(found.record) == "text" else "changed"
    return f"With {told} {way}, no other answer than {found.now} was found."
