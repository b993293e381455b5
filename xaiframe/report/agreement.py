"""Do the two directions agree, and does each method agree with itself under another seed?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Cell, Grid, Row, ScreenTable, Table, num, parts, status
from xaiframe.report.record import Record

MANY = 10
"""More methods than this need the whole width of the page."""


def beside(record: Record) -> Iterable[Block]:
    """The matrix, and beside it the instances behind its worst numbers."""
    found = parts(record, matrix, conflicts)
    table = record.table("evaluation.agreement", "pairs")
    many = table is not None and table["a"].nunique() > MANY
    return [Grid(found, 21)] if len(found) == 2 and not many else found


def matrix(record: Record) -> Iterable[Block]:
    """Rank correlation of every method with every other, and with itself re-seeded."""
    table = record.table("evaluation.agreement", "pairs")
    if table is None or table.empty:
        return
    drawn = table.assign(
        first=table["a"].map(words.label),
        second=table["b"].map(words.label),
        text=[_text(row) for _, row in table.iterrows()],
        between=(table["direction_a"] != table["direction_b"]),
    )
    names = list(dict.fromkeys(drawn["first"]))
    base = alt.Chart(chart.data(drawn)).encode(
        x=alt.X(
            "second:N",
            title=None,
            sort=names,
            axis=alt.Axis(orient="top", labelAngle=-35, labelOverlap=False),
        ),
        y=alt.Y("first:N", title=None, sort=names),
        tooltip=[
            "first:N",
            "second:N",
            "spearman:Q",
            "low:Q",
            "high:Q",
            "sign:Q",
            "top_k:Q",
            "n:Q",
            "kind:N",
        ],
    )
    shade = alt.Scale(domain=[0, 1], range=["#f6f8fa", chart.P], clamp=True)
    cells = base.mark_rect().encode(
        color=alt.Color("spearman:Q", title="rank correlation", scale=shade, legend=None),
        stroke=alt.condition("datum.between", alt.value(chart.INK), alt.value("white")),
        strokeWidth=alt.condition("datum.between", alt.value(0.8), alt.value(0.3)),
    )
    light = alt.condition("datum.spearman > 0.55", alt.value("white"), alt.value(chart.INK))
    many = len(names) > MANY
    numbers = base.mark_text(fontSize=8 if many else 9).encode(text="text:N", color=light)
    count = int(table["n"].max())
    yield chart.figure(
        "agreement",
        _title(record, table),
        chart.fit(cells + numbers, chart.FULL if many else 430, 82 + 17 * len(names)).properties(
            padding={"left": 2, "top": 2, "right": 34, "bottom": 2}
        ),
        n=words.count(count, "instance"),
        how="Mean rank correlation per instance. Framed: P against G. Diagonal: the method against "
        "itself under another seed. Star: a reference of its own, not comparable.",
        caution="Agreement is no proof: two methods can share a blind spot.",
        facts=["evaluation.agreement.spearman", "evaluation.agreement.self_spearman"],
    )


def _text(row: pd.Series) -> str:
    value = row["spearman"]
    if pd.isna(value):
        return "–"
    return f"{value:.2f}".replace("-", "−") + (
        "" if row["comparable"] or row["a"] == row["b"] else "*"
    )


def _title(record: Record, table: pd.DataFrame) -> str:
    mean = record.facts.one("evaluation.agreement.mean_spearman")
    cross = table[(table["direction_a"] != table["direction_b"]) & table["comparable"]]
    if mean is None or not isinstance(mean.value, (int, float)):
        return "Agreement between methods"
    said = f"P and G rank the features alike at {words.number(float(mean.value))}"
    if mean.interval:
        said += f" ({words.interval(mean.interval)})"
    if cross.empty:
        return said
    low = cross.sort_values("spearman").iloc[0]
    return f"{said}; least for {words.label(low['a'])} and {words.label(low['b'])}"


def conflicts(record: Record) -> Iterable[Block]:
    """The instances on which the directions disagree most: a list, not a mere number."""
    table = record.table("evaluation.agreement", "instances")
    known = explained.instances(record)
    if table is None or record.redact or table["spearman"].isna().all():
        return
    rows: list[Row] = []
    for _, row in table.sort_values("rank").head(5).iterrows():
        mine = known[known["position"] == row["position"]] if known is not None else pd.DataFrame()
        answer = mine["predicted"].iloc[0] if len(mine) else ""
        answer = words.number(float(answer)) if isinstance(answer, float) else str(answer)
        state = status("fail", "conflict") if row["conflict"] else Cell("")
        apart = num(None if pd.isna(row.get("distance")) else float(row["distance"]))
        rows.append([num(row["id"]), answer, apart, num(row["spearman"]), state])
    share = record.facts.value("evaluation.agreement.conflicting_share")
    title = "Where P and G agree least"
    if isinstance(share, (int, float)):
        title = f"P and G conflict on {words.of_hundred(float(share))} instances"
        title = title if share else "P and G conflict on no instance"
    yield Table(
        "conflicts",
        title,
        ["row", "predicted", "apart", "P–G", ""],
        rows,
        how="Apart: half the summed difference of the P and G shares, 0 the same, 1 opposed. P–G: "
        "median rank correlation; below zero is a conflict.",
        caution="Do not hand out an explanation of a row in conflict.",
        facts=("evaluation.agreement.conflicting_share", "evaluation.agreement.conflict_score"),
        compact=True,
    )


HEADS = {
    "spearman": "Spearman",
    "kendall": "Kendall",
    "top_k": "same at the top",
    "rank_agreement": "and same rank",
    "sign_agreement": "and same sign",
    "signed_rank_agreement": "and both",
    "sign": "signs alike",
}
"""Measure of a pair → the head of its column."""
LISTED = 30
"""Pairs in print; the screen shows all."""


def pairs(record: Record) -> Iterable[Block]:
    """Every perturbation method with every gradient method, by every measure."""
    named = {"p", "g"}
    every = record.facts.where("evaluation.agreement.spearman")
    found = [fact for fact in every if named <= set(fact.labels)]
    if not found:
        return
    found.sort(key=lambda f: -float(f.value) if isinstance(f.value, (int, float)) else 2.0)
    kept = {
        name: head
        for name, head in HEADS.items()
        if record.facts.one(f"evaluation.agreement.{name}") is not None
    }
    if len(kept) < 2:
        return
    rows = [_pair(record, fact.labels, kept) for fact in found]
    head = ["perturbation", "gradient", *kept.values(), "chance"]
    keywords: dict[str, Any] = {
        "how": "Means over the instances. Of the features largest in magnitude: the share that "
        "both methods name, at the same rank, with the same sign, with both; signs alike: of those "
        "that either names (Krishna et al. 2022); blank: a method has no sign. Chance: 95 % of "
        "relabelled features stay below this Spearman correlation.",
        "caution": "Measures differ in what they forgive: rank and sign together forgive least.",
        "facts": tuple(f"evaluation.agreement.{name}" for name in kept),
        "compact": True,
    }
    yield Table("pairs", pairs_title(record), head, rows[:LISTED], **keywords)
    if len(rows) > LISTED:
        title = f"All {words.count(len(rows), 'pair')}"
        yield ScreenTable("all-pairs", title, head, rows, sortable=True, **keywords)


def pairs_title(record: Record) -> str:
    """Kendall's W of all methods, beside what unrelated orders reach."""
    found = record.facts.one("evaluation.agreement.concordance")
    floor = record.facts.value("evaluation.agreement.concordance_floor")
    if found is None or found.value is None or not isinstance(floor, (int, float)):
        return "Every pair of P and G by every measure"
    spread = f" ({words.interval(found.interval)})" if found.interval else ""
    return (
        f"All methods together order the features with Kendall's W {words.number(found.value)}"
        f"{spread}; unrelated orders reach {words.number(float(floor))}"
    )


def _pair(record: Record, labels: Mapping[str, str], kept: Iterable[str]) -> Row:
    star = "" if labels.get("comparable") == "yes" else "*"
    sides = {side: labels[side] for side in ("p", "g")}
    cells = [record.facts.one(f"evaluation.agreement.{name}", **sides) for name in kept]
    control = record.facts.value("evaluation.agreement.control", None, **sides)
    return [
        words.sentence(words.label(labels["p"])),
        words.label(labels["g"]) + star,
        *(
            Cell("–", "number") if fact is None or fact.value is None else num(fact.value)
            for fact in cells
        ),
        num(control),
    ]
