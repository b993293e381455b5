"""Bias: who is in the data, how often each group has the outcome, what gives a group away."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.facts import Fact
from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Row, Table, num, status
from xaiframe.report.record import Record

HEADLINE = ("base_rate_difference", "standardised_difference", "proxy_power")
UNIT = "precaution.bias"
PAIR = " × "
SHOWN = 8


def found(record: Record) -> Iterable[Block]:
    """Base rates by group, the gaps beside chance, and the strongest proxies of each column."""
    yield from rates(record)
    yield from gaps(record)
    yield from groups(record)
    yield from proxies(record)


def rates(record: Record) -> Iterable[Block]:
    """The outcome's share, or the target's mean, in each large group, as dots on intervals."""
    table = record.table(UNIT, "base_rates")
    if table is None or not table["judged"].any():
        return
    shown = table[table["judged"] & ~table["column"].str.contains(PAIR, regex=False)]
    # of many classes the one whose rate differs most; the others stand in the artifacts
    apart = shown.groupby(["column", "positive"])["value"].agg(lambda one: one.max() - one.min())
    if shown.empty:
        return
    widest = apart.reset_index().sort_values("value", ascending=False).iloc[0]
    column, positive = str(widest["column"]), str(widest["positive"])
    shown = shown[shown["positive"] == positive].assign(
        name=lambda one: one["column"] + ": " + one["group"].map(words.shortened)
    )
    own = shown[shown["column"] == column].sort_values("value")
    low, high = own.iloc[0], own.iloc[-1]
    outcome = f"the share of {words.quoted(positive)}" if positive else "the mean of the target"
    base = alt.Chart(chart.data(shown)).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=150))
    )
    spans = base.mark_rule(color=chart.P, strokeWidth=1.5).encode(
        x=alt.X("low:Q", title=outcome, scale=alt.Scale(zero=False)), x2="high:Q"
    )
    dots = base.mark_point(color=chart.P, size=36).encode(x="value:Q")
    yield chart.figure(
        "base-rates",
        f"In the training data {outcome} is {words.number(float(low['value']))} for "
        f"{low['name']} and {words.number(float(high['value']))} for {high['name']}",
        chart.fit(alt.layer(spans, dots), chart.HALF, 50 + 16 * len(shown)),
        n=words.count(int(own["n"].sum()), "row"),
        how="A dot is what the data say of the group, the line its 95 % interval.",
        caution="The data tell how often the outcome was recorded, not how often it occurred.",
        facts=[f"{UNIT}.base_rate" if positive else f"{UNIT}.mean_target"],
    )


def gaps(record: Record) -> Iterable[Block]:
    """The largest gap of each column, and of each pair, beside what random groups show."""
    names = ("base_rate_difference", "base_rate_ratio", "standardised_difference")
    facts = [fact for name in names for fact in record.facts.where(f"{UNIT}.{name}")]
    rows = [(fact, _null(record, fact)) for fact in facts if fact.value is not None]
    rows = sorted(rows, key=lambda one: (PAIR in one[0].labels["column"], not _beyond(*one)))
    if not rows:
        return
    many = sum(_beyond(*one) for one in rows)
    several = len({fact.labels.get("positive") for fact, _ in rows}) > 1
    yield Table(
        "base-rate-gaps",
        f"{words.count(many, 'gap')} between groups beyond what chance makes of them"
        if many
        else "No gap between groups exceeds what chance makes of them",
        ["column", "measure", "gap", "lowest", "highest", "chance alone", ""],
        [_gap(*one, several) for one in rows[:SHOWN]],
        how="Chance alone: what the largest of all these gaps exceeds in one of 20 random "
        "assignments of the rows to groups of these sizes; of a ratio, falls below.",
        caution=f"{len(rows) - SHOWN} more: see facts." if len(rows) > SHOWN else "",
        facts=(f"{UNIT}.base_rate_difference",),
        compact=True,
    )


def _null(record: Record, fact: Fact) -> float | None:
    tail = "null05" if fact.quantity.endswith("ratio") else "null95"
    value = record.facts.value(f"{fact.name}_{tail}", **dict(fact.labels))
    return float(value) if isinstance(value, (int, float)) else None


def _beyond(fact: Fact, null: float | None) -> bool:
    if null is None or not isinstance(fact.value, (int, float)):
        return False
    return fact.value < null if fact.quantity.endswith("ratio") else fact.value > null


def _gap(fact: Fact, null: float | None, several: bool) -> Row:
    positive = fact.labels.get("positive", "") if several else ""
    return [
        words.shortened(fact.labels["column"]),
        words.label(fact.quantity) + (f" ({words.shortened(positive)})" if positive else ""),
        num(fact.value, "", fact.interval),
        words.shortened(fact.labels["lowest"]),
        words.shortened(fact.labels["highest"]),
        num(null),
        status("warn", "beyond") if _beyond(fact, null) else Cell("within"),
    ]


def groups(record: Record) -> Iterable[Block]:
    """Groups that should be there and are rare, where the recipe says what is expected."""
    table = record.table(UNIT, "groups")
    if table is None or not table["expected"].notna().any():
        return
    known = table[table["expected"].notna()]
    known = known.assign(ratio=known["share"] / known["expected"]).sort_values("ratio")
    first = known.iloc[0]
    yield Table(
        "representation",
        f"{_name(first['column'])}, {_name(first['group'])}: "
        f"{words.of_hundred(float(first['share']))} rows, "
        f"{words.of_hundred(float(first['expected']))} in the population",
        ["column", "group", "rows", "share", "expected", "share ÷ expected"],
        [
            [
                str(row["column"]),
                words.shortened(row["group"]),
                num(int(row["rows"])),
                num(float(row["share"]), "", (row["low"], row["high"])),
                num(float(row["expected"])),
                num(float(row["ratio"])),
            ]
            for _, row in known.head(SHOWN).iterrows()
        ],
        facts=(f"{UNIT}.representation_ratio",),
        compact=True,
    )


def proxies(record: Record) -> Iterable[Block]:
    """How well each feature alone foretells the sensitive column that is foretold best."""
    table = record.table(UNIT, "proxies")
    powers = [fact for fact in record.facts.where(f"{UNIT}.proxy_power") if fact.value is not None]
    if table is None or table.empty or not powers:
        return
    top = max(powers, key=lambda fact: float(fact.value or 0))
    column = top.labels["column"]
    shown = table[table["sensitive"] == column].head(SHOWN)
    yield chart.figure(
        "proxies",
        f"From the other columns together {_name(column)} is told with AUC "
        f"{words.number(top.value)}; {_name(shown.iloc[0]['column'])} alone reaches "
        f"{words.number(float(shown.iloc[0]['power']))}",
        _powers(shown),
        n=words.count(top.n or 0, "row"),
        how="Each feature on its own, with its 95 % interval; 0.5 is guessing, 1 gives the group "
        "away. Chance alone stays below "
        f"{words.number(record.facts.value(f'{UNIT}.proxy_null95', column=column))} for all "
        "features together.",
        caution="A model can use a sensitive column through these features without ever seeing it.",
        facts=[f"{UNIT}.proxy_power", f"{UNIT}.feature_power"],
    )


def _name(text: object) -> str:
    return words.quoted(words.shortened(text))


def _powers(shown: pd.DataFrame) -> alt.LayerChart:
    shown = shown.assign(name=shown["column"].map(words.shortened))
    base = alt.Chart(chart.data(shown)).encode(y=alt.Y("name:N", title=None, sort=None))
    spans = base.mark_rule(color=chart.P, strokeWidth=1.5).encode(
        x=alt.X("low:Q", title="AUC of one feature alone", scale=alt.Scale(domain=[0.4, 1])),
        x2="high:Q",
    )
    dots = base.mark_point(color=chart.P, size=36).encode(x="power:Q")
    guess = alt.Chart(chart.data([{"x": 0.5}])).mark_rule(color=chart.SOFT).encode(x="x:Q")
    drawn: alt.LayerChart = chart.fit(
        alt.layer(guess, spans, dots), chart.HALF, 50 + 16 * len(shown)
    )
    return drawn
