"""Concepts: how often each output rises along them, with intervals, against random concepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Heading, Row, Table, status
from xaiframe.report.record import Record

KIND = "concepts"
QUESTION = "Does the score of an output rise when a row becomes more like a declared concept?"
LISTED, OUTPUTS = 24, 12
"""Rows of the table; outputs drawn."""
WEAK = "no direction in this layer"
CAUTION = (
    "What goes along with a concept in the data shares its direction; a concept that counts need "
    "not be a cause."
)


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """The scores beside chance, then the numbers."""
    name = ".".join(unit)
    stored = record.table(name, KIND)
    assert stored is not None
    layer = str(record.facts.value(f"{name}.layer", ""))
    yield Heading(f"{unit[1]}-overall", words.sentence(words.label(unit[1])), QUESTION)
    yield _drawn(unit, stored, layer)
    yield _table(record, unit, stored)


def title(stored: pd.DataFrame) -> str:
    """The finding: how many pairs of concept and output differ from chance, and the clearest."""
    standing = stored[stored["stands"]]
    if standing.empty:
        return "No concept moves any output beyond what random concepts do"
    away = (standing["score"] - standing["random"]).abs()
    top = standing.iloc[int(away.to_numpy().argmax())]
    way = "raises" if top["score"] > top["random"] else "lowers"
    concept, output = (words.shortened(top[one], 28) for one in ("concept", "output"))
    count = words.count(len(standing), "pair")
    return (
        f"{count} of {len(stored)} of concept and output beyond chance; "
        f"most clearly {words.quoted(concept)} {way} {output}"
    )


def _drawn(unit: tuple[str, str], stored: pd.DataFrame, layer: str) -> Block:
    """A panel per concept: a point with its interval per output, on the bar of chance."""
    kept = list(dict.fromkeys(stored["output"].astype(str)))
    told = stored[stored["output"].isin(kept[:OUTPUTS])]
    told = told.assign(
        panel=[
            f"{words.shortened(one['concept'], 24)} (told apart "
            f"{words.number(100 * one['accuracy'], digits=2)} %)"
            for one in told.to_dict("records")
        ],
        shown=[words.shortened(one, 26) for one in told["output"]],
        told=["beyond chance" if one else "not beyond chance" for one in told["stands"]],
    )
    columns = ["panel", "concept", "shown", "told", "score", "low", "high", "random_low",
               "random_high", "p"]  # fmt: skip
    order = [words.shortened(one, 26) for one in kept[:OUTPUTS]]
    y = alt.Y("shown:N", sort=order, title=None)
    axis = alt.Axis(format="%", values=[0, 0.5, 1], title="rows whose score rises")
    x = alt.X("score:Q", scale=alt.Scale(domain=[0, 1]), axis=axis)
    base: Any = alt.Chart().encode(y=y)
    span = base.mark_bar(size=11, color="#e4e6e8").encode(
        x=alt.X("random_low:Q", scale=alt.Scale(domain=[0, 1]), axis=axis), x2="random_high:Q"
    )
    ends = base.mark_rule(strokeWidth=1.6, color=chart.INK).encode(x="low:Q", x2="high:Q")
    colour = alt.Scale(domain=["beyond chance", "not beyond chance"], range=["#d67400", "#9a9fa3"])
    points = base.mark_point(size=55, filled=True, stroke=chart.INK, strokeWidth=0.6).encode(
        x=x,
        color=alt.Color("told:N", title=None, scale=colour),
        shape=alt.Shape("told:N", title=None,
                        scale=alt.Scale(domain=colour["domain"], range=["circle", "square"])),
        tooltip=["concept:N", "shown:N", "score:Q", "low:Q", "high:Q", "p:Q"],
    )  # fmt: skip
    panels = int(told["panel"].nunique())
    across = min(panels, 3)
    plot = (
        alt.layer(span, ends, points, data=chart.data(told[columns]))
        .properties(width=(chart.FULL - 130) // across - 75, height=26 + 19 * len(order))
        .facet(
            alt.Facet("panel:N", title=None, sort=list(dict.fromkeys(told["panel"]))),
            columns=across,
        )
    )
    rest = len(kept) - len(order)
    return chart.figure(
        f"{unit[1]}-scores",
        title(stored),
        plot,
        how=f"Point: share of the output's rows whose score rises along the concept in layer "
        f"{words.quoted(layer)}; line: middle 95 % of random sets; grey bar: the same for random "
        "concepts. Near 100 %: the concept speaks for the output, near 0 %: against it."
        + (f" {words.count(rest, 'further output')} not shown." if rest > 0 else ""),
        caution=CAUTION,
        facts=(f"{'.'.join(unit)}.sensitivity",),
    )


def _table(record: Record, unit: tuple[str, str], stored: pd.DataFrame) -> Table:
    """Conditions, accuracy and scores, the clearest first."""
    name = ".".join(unit)
    node = (record.recipe.get(unit[0]) or {}).get(unit[1]) or {}
    least, alpha = float(node.get("least", 0.7)), float(node.get("alpha", 0.05))
    away = (stored["score"] - stored["random"]).abs()
    order = stored.assign(away=away).sort_values(["stands", "away"], ascending=False, kind="stable")
    rows: list[Row] = [_row(one, least) for one in order.head(LISTED).to_dict("records")]
    known = stored.drop_duplicates("concept")["accuracy"]
    apart = int((known >= least).sum())
    rest = len(stored) - len(rows)
    return Table(
        f"{unit[1]}-table",
        f"The layer tells {apart} of {words.count(len(known), 'concept')} from random rows",
        ["concept", "rows", "told apart", "output", "rising", "by chance", "p", ""],
        rows,
        how="Told apart: accuracy on held-out rows of the concept and random ones; half of them by "
        "guessing. p: against random concepts, two-sided, corrected for all pairs."
        + (f" {words.count(rest, 'further pair')} not shown." if rest else ""),
        caution=f"Beyond chance: p below {words.number(alpha)} and told apart in at least "
        f"{words.number(100 * least, digits=2)} %, limits of ours. The random sets overlap, so "
        "that p is rather too small.",
        facts=(f"{name}.accuracy", f"{name}.sensitivity", f"{name}.p"),
        compact=True,
        widths=(26, 7, 10, 14, 14, 10, 8, 11),
    )


def _row(one: Mapping[Any, Any], least: float) -> Row:
    ends = words.brackets((100 * one["low"], 100 * one["high"]))
    weak = one["accuracy"] < least
    concept, condition = str(one["concept"]), str(one["condition"])
    return [
        Cell(words.shortened(concept, 30), extra=f"({words.shortened(condition, 60)})"),
        Cell(words.number(int(one["rows"])), "number", one["rows"]),
        Cell(f"{words.number(100 * one['accuracy'], digits=2)} %", "number", one["accuracy"]),
        words.shortened(one["output"], 26),
        Cell(f"{words.number(100 * one['score'], digits=3)} %", "number", one["score"], extra=ends),
        Cell(f"{words.number(100 * one['random'], digits=2)} %", "number", one["random"]),
        Cell("< 0.001" if one["p"] < 0.001 else words.number(one["p"]), "number", one["p"]),
        status("pass", "yes") if one["stands"] else Cell(WEAK if weak else "no"),
    ]
