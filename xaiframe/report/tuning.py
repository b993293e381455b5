"""The tuning report: what was asked and searched, what it was worth, and how to do it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import pandas as pd

from xaiframe.prescription.overrides import override
from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Chapter, Grid, Note, Page, Row, Table, num, parts
from xaiframe.report.record import Record
from xaiframe.report.tuned.ending import before_after, by_method, ending
from xaiframe.report.tuned.history import history, spread
from xaiframe.report.tuned.movement import shift, strip
from xaiframe.report.tuned.slices import contour, parallel, slices
from xaiframe.report.tuned.trade import correlations, front, importance
from xaiframe.report.tuned.trials import UNIT, Trials, last, role, setting, short, trials_of
from xaiframe.tuning.space import Parameter

SHOWN = 16
"""Trials listed on paper."""
CELLS = (
    " Trials differ in the features that explanations speak of: each attribution is shared out "
    "evenly over its pixels or samples, and these are what the measures take away."
)
WAYS = {"maximize": "highest", "minimize": "lowest"}


def chapter(record: Record) -> Chapter:
    """The tuning report."""
    blocks = parts(record, asked, ending, by_method, history)
    for pair in ((front, importance), (contour, spread)):
        figures = parts(record, *pair)
        blocks += [Grid(figures, 2)] if len(figures) > 1 else figures
    blocks += parts(record, slices, parallel, correlations, strip, shift, before_after)
    blocks += parts(record, trials, again)
    if not blocks:
        blocks = [Note("Tuning", record.absence(f"tuning.{record.chosen('tuning')}"))]
    return Chapter("tuning", "Tuning", "Could another setting decide and explain better?", blocks)


def asked(record: Record) -> Iterable[Block]:
    """The objectives and the space, with what the recipe has and what was chosen."""
    found = trials_of(record)
    if found is None or found.space is None:
        return
    start, chosen = found.table.iloc[0], found.chosen
    rows: list[Row] = [
        [
            str(one["parameter"]),
            ranged(one),
            _setting(start[one["parameter"]]),
            _setting(None if chosen is None else chosen[one["parameter"]]),
        ]
        for _, one in found.space.iterrows()
    ]
    node = dict(record.recipe.get("tuning") or {})
    sampler = str(node.get("sampler") or record.chosen("tuning"))
    bounds = [
        f"{short(fact)} {word.replace('_', ' ')} {limit:g}"
        for fact, limits in dict(node.get("constraints") or {}).items()
        for word, limit in dict(limits).items()
    ]
    yield Table(
        "tuning-asked",
        asked_title(node, found, sampler),
        ["setting", "searched", "recipe", "chosen"],
        rows,
        n=words.count(len(found.table), "trial"),
        how=f"{way(found)} "
        f"{cost(record)}{f' Constraints: {words.listing(bounds)}.' if bounds else ''}",
        facts=(f"{UNIT}.trials", f"{UNIT}.evaluations", f"{UNIT}.chosen", f"{UNIT}.stopped_by"),
        compact=True,
    )


def way(found: Trials) -> str:
    """What a trial is, and which rows it reads."""
    if found.refits:
        return "Each trial is fitted on the training rows and judged on validation rows."
    return (
        "The model stays as it is: each trial explains validation rows, and none of the test rows "
        f"that are reported.{CELLS if found.recuts else ''}"
    )


def asked_title(node: Mapping[str, Any], found: Trials, sampler: str) -> str:
    """What was looked for, and by which search."""
    ways = dict(node.get("objectives") or {})
    goals = [f"the {WAYS.get(str(ways.get(one)), 'best')} {last(one)}" for one in found.goals]
    return (
        f"{words.count(len(found.parameters), 'setting')} searched by {sampler} for "
        f"{words.listing(goals)}"
    )


def ranged(one: pd.Series) -> str:
    """What may be tried: the ends, on a logarithm or not, or the choices."""
    if str(one["kind"]) == "choice":
        return str(one["choices"])
    ends = f"{words.number(float(one['low']))} to {words.number(float(one['high']))}"
    return f"{ends}, logarithmic" if one["log"] else ends


def cost(record: Record) -> str:
    """Time, rows sent through the model, and what went wrong, as one sentence."""
    said = []
    for quantity, unit in (("seconds", "s"), ("evaluations", "rows")):
        fact = record.facts.one(f"{UNIT}.{quantity}")
        if fact is not None:
            value = fact.value if quantity == "evaluations" else float(fact.value or 0.0)
            said.append(words.number(value, unit))
    lost = [
        f"{words.number(fact.value)} {what}"
        for quantity, what in (
            ("failed", "failed"), ("pruned", "stopped early"), ("infeasible", "broke a constraint"),
        )
        if (fact := record.facts.one(f"{UNIT}.{quantity}")) is not None
    ]  # fmt: skip
    control = record.facts.value("tuning.control.seconds")
    if isinstance(control, float):
        said.append(f"{words.number(control, 's')} more for the random search")
    return f"It took {words.listing(said)}; {words.listing(lost)}." if said and lost else ""


def trials(record: Record) -> Iterable[Block]:
    """Every trial with its setting, objectives and cost, and why one may not be chosen."""
    found = trials_of(record)
    if found is None:
        return
    table = found.table
    rows: list[Row] = [
        [
            Cell(f"{int(r['number'])}{' ◆' if r['chosen'] else ''}", "number", int(r["number"])),
            *(_setting(r[name]) for name in found.parameters),
            *(num(r[goal]) for goal in found.goals),
            num(r.get("seconds")),
            outcome(r),
        ]
        for _, r in listed(table).iterrows()
    ]
    seconds = record.facts.one(f"{UNIT}.seconds")
    yield Table(
        "trials",
        f"{words.count(len(table), 'setting')} tried"
        + (f" in {words.number(seconds.value, 's')}" if seconds else ""),
        ["trial", *map(setting, found.parameters), *map(last, found.goals), "s", ""],
        rows,
        facts=(f"{UNIT}.trials", f"{UNIT}.seconds"),
        caution=f"{len(table) - SHOWN} more: see artifacts/{UNIT}/trials.parquet."
        if len(table) > SHOWN
        else "",
        compact=True,
    )


def listed(table: pd.DataFrame) -> pd.DataFrame:
    """The trials shown: the chosen, the start, those of the front, then the others, in order."""
    rank = 3 - 3 * table["chosen"] - 2 * (table["number"] == 0) - 1 * table["pareto"].astype(bool)
    first = rank.sort_values(kind="stable").index[:SHOWN]
    return table.loc[sorted(first)]


def outcome(row: pd.Series) -> str:
    """What a trial is, or why it may not be chosen."""
    state = str(row["state"])
    reason = str(row.get("reason") or "")
    if state.lower() == "complete":
        return role(row)
    return words.shortened(f"{words.label(state.lower())}: {reason}" if reason else state, 60)


def again(record: Record) -> Iterable[Block]:
    """How to repeat the search, and how to take what it found."""
    found = trials_of(record)
    if found is None or found.chosen is None:
        return
    chosen = record.facts.where(f"{UNIT}.chosen")
    taken = [
        override(fact.labels["parameter"], _value(record, fact.labels["parameter"], fact.value))
        for fact in chosen
    ]
    stored = dict(record.manifest.get("artifacts") or {})
    digest = next(
        (str(d) for n, d in stored.items() if n.startswith(f"artifacts/{UNIT}/study")), ""
    )
    seed = record.recipe.get("seed", 0)
    choice = record.chosen("tuning")
    yield Page(
        "tuning-again",
        "_command.html",
        {
            "title": "To do it again",
            "text": f"Every draw follows from the seed {seed} and the trial's place, so the same "
            "recipe searches the same settings, also after it was stopped half way."
            + (f" The study is kept with the run, digest {digest[:12]}." if digest else ""),
            "lines": [
                f"xaiframe run recipe.yaml tuning={choice} tuning.trials={len(found.table)} "
                f"seed={seed}   # the search",
                f"xaiframe run recipe.yaml tuning=none {shlex.join(taken)}   # what it chose",
            ],
        },
    )


def _value(record: Record, name: str, told: object) -> object:
    """A stored setting as it was, out of its text where its range holds choices."""
    table = record.table(UNIT, "space")
    known = {} if table is None else dict(zip(table["parameter"], table["choices"], strict=True))
    choices = json.loads(f"[{known.get(name) or ''}]")
    return Parameter(name, "choice", choices=tuple(choices)).read(told)


def _setting(value: object) -> Cell:
    if value is None:
        return Cell("–")
    if isinstance(value, Real) and not isinstance(value, bool):
        return num(value)
    return Cell(str(value))
