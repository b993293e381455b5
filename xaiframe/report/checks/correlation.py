"""Correlation: features that say the same, and single ones that give the target away."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.precaution.relation.redundancy import ordered
from xaiframe.report import chart, words
from xaiframe.report.block import Block, Table, num
from xaiframe.report.record import Record

HEADLINE = ("strongest", "strongest_power", "strongest_mark")
UNIT = "precaution.correlation"
SHOWN = 8
MOST = 15
"""Columns of the matrix."""

FEATURE = (
    "{}",
    "Each feature on its own",
    "A value near 1 suggests that the answer leaked into the input.",
)
POWERS = {
    "word_power": (
        "Whether {} stands in a message",
        "Whether each word stands in a message, on its own",
        "Near 1, a footer, a link or a name that goes with the target gives it away.",
    ),
    "segment_power": (
        "The mean of {}",
        "The mean over each segment, on its own",
        "What a segment says may be what the model is to learn; only a person can tell.",
    ),
}
"""Fact → what predicts, how to read it, and how not to, where it is not of features."""


def found(record: Record) -> Iterable[Block]:
    """Clusters, the closest pairs and groups of features, how well each foretells the target alone,
    and marks of one class."""
    yield from matrix(record)
    yield from pairs(record)
    yield from groups(record)
    yield from power(record)
    yield from watermarks(record)


def matrix(record: Record) -> Iterable[Block]:
    """The association of every two of the most associated features, in the order of clusters."""
    table = record.table(UNIT, "pairs")
    if table is None or len(table) < 3:  # two features are one pair, which the bars show
        return
    names = set(list(dict.fromkeys(table[["a", "b"]].to_numpy().ravel()))[:MOST])
    own = table[table["a"].isin(names) & table["b"].isin(names)]
    order = ordered(own)
    mirrored = own.rename(columns={"a": "b", "b": "a"})
    alone = pd.DataFrame({"a": order, "b": order, "association": 1.0})
    cells = alt.Chart(chart.data(pd.concat([own, mirrored, alone]))).mark_rect().encode(
        x=alt.X("b:N", title=None, sort=order, axis=alt.Axis(labelAngle=-90, labelLimit=88)),
        y=alt.Y("a:N", title=None, sort=order, axis=alt.Axis(labelLimit=88)),
        color=alt.Color("association:Q", title="association",
                        scale=alt.Scale(domain=[0, 1], range=["#f6f8fa", chart.P])),
        tooltip=["a:N", "b:N", "association:Q", "measure:N"],
    )  # fmt: skip
    wide = len(set(table["a"]) | set(table["b"]))
    yield chart.figure(
        "clusters",
        _together(record, wide),
        chart.fit(cells, chart.HALF, 150 + 13 * len(order)),
        n=words.count(wide, "feature"),
        how="Features in the order of clusters; a dark square on the diagonal is a group that says "
        "the same." + (f" The {len(order)} most associated." if wide > len(order) else ""),
        caution="Association says nothing of cause, and none may still hide a joint pattern.",
        facts=[f"{UNIT}.redundancy_groups", f"{UNIT}.redundant_share"],
    )


def _together(record: Record, wide: int) -> str:
    table = record.table(UNIT, "groups")
    if table is None or table.empty:
        return f"No two of {wide} features say the same"
    amount = words.count(int(table["group"].nunique()), "group")
    return f"{len(table)} of {wide} features fall into {amount} that say the same"


def groups(record: Record) -> Iterable[Block]:
    """Which features say the same."""
    table = record.table(UNIT, "groups")
    if table is None or table.empty:
        return
    members = table.groupby("group")["column"].agg(list)
    members = members.loc[members.map(len).sort_values(ascending=False, kind="stable").index]
    shown = members.head(SHOWN)
    most = words.count(len(members.iloc[0]), "feature")
    yield Table(
        "redundancy-groups",
        f"The largest group of features that say the same has {most}",
        ["features", "members"],
        [[num(len(columns)), _listed(columns)] for columns in shown],
        how="Any two features of a group are associated beyond the limit.",
        caution=f"{len(members) - len(shown)} more groups: see artifacts."
        if len(members) > len(shown)
        else "",
        facts=(f"{UNIT}.redundancy_groups",),
        compact=True,
        widths=(12, 88),
    )


def _listed(columns: list[str]) -> str:
    told = [words.quoted(words.shortened(one)) for one in columns[:SHOWN]]
    spare = len(columns) - len(told)
    return words.listing([*told, f"{spare} more"] if spare else told)


def pairs(record: Record) -> Iterable[Block]:
    """The closest pairs of features."""
    table = record.table(UNIT, "pairs")
    known = pd.DataFrame() if table is None else table.dropna(subset="association")
    if known.empty:
        return
    shown = known.head(SHOWN)
    shown = shown.assign(pair=[f"{a} · {b}" for a, b in zip(shown["a"], shown["b"], strict=True)])
    first = shown.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("association:Q", title="association (0 none, 1 the "
                                       "same)", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("pair:N", title=None, sort=None),
        tooltip=["pair:N", "association:Q", "measure:N"],
    )  # fmt: skip
    yield chart.figure(
        "correlation",
        f"{words.quoted(words.shortened(first['a']))} and "
        f"{words.quoted(words.shortened(first['b']))} say nearly the same "
        f"({words.number(float(first['association']))})"
        if first["association"] > 0.9
        else f"No two features say the same; the closest pair reaches "
        f"{words.number(float(first['association']))}",
        chart.fit(plot, chart.HALF, 50 + 18 * len(shown)),
        how=f"The {len(shown)} closest pairs of {words.number(len(known))}; measure: "
        f"{words.listing(dict.fromkeys(shown['measure']))}.",
        caution="Between such features attributions are shared out arbitrarily; read them as a "
        "group.",
        facts=[f"{UNIT}.strongest", f"{UNIT}.redundant_pairs"],
    )


def power(record: Record) -> Iterable[Block]:
    """How well each feature, word or segment predicts the target on its own."""
    table = record.table(UNIT, "power")
    known = pd.DataFrame() if table is None else table.dropna(subset="power")
    if known.empty:
        return
    seen = {fact.name for fact in record.facts}
    fact = next((one for one in POWERS if f"{UNIT}.{one}" in seen), "predictive_power")
    subject, each, caution = POWERS.get(fact, FEATURE)
    shown = known.sort_values("power", ascending=False, kind="stable").head(SHOWN)
    first = shown.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("power:Q", title="predictive power alone (0–1)", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("column:N", title=None, sort=None),
        tooltip=["column:N", "power:Q"],
    )  # fmt: skip
    subject = subject.format(words.quoted(words.shortened(first["column"])))
    yield chart.figure(
        "power",
        f"{subject} alone predicts the target best ({words.number(float(first['power']))})",
        chart.fit(plot, chart.HALF, 40 + 18 * len(shown)),
        how=f"{each}; 1 would be a perfect prediction.",
        caution=caution,
        facts=[f"{UNIT}.{fact}"],
    )


def watermarks(record: Record) -> Iterable[Block]:
    """How many of each class's pictures show one and the same mark, and hardly any others."""
    table = record.table(UNIT, "marks")
    if table is None or table.empty:
        return
    shown = table.sort_values("share", ascending=False, kind="stable").head(SHOWN)
    first = table.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("share:Q", title="share of its pictures with a mark of its own",
                scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("class:N", title=None, sort=None),
        tooltip=["class:N", "share:Q", "row:Q", "column:Q", "side:Q", "level:Q", "elsewhere:Q"],
    )  # fmt: skip
    name, share = words.quoted(words.shortened(first["class"])), words.of_hundred(first["share"])
    what = (
        f"an even square of {first['side']} × {first['side']}" if first["side"] > 1 else "a level"
    )
    yield chart.figure(
        "marks",
        f"{share} inputs of {name} share {what} at row {first['row']}, column {first['column']}, "
        f"{_elsewhere(float(first['elsewhere']))}",
        chart.fit(plot, chart.HALF, 40 + 18 * len(shown)),
        n=words.count(int(first["n"]), "input"),
        how="Of each class, the place and the level that most of its inputs share and at most one "
        "in two hundred others show, or half of them where all of the class do: a single place, or "
        "a square of 3 × 3 of one level.",
        caution="Near 1 a watermark or caption gives the class away; strokes that a class always "
        "has may reach a third.",
        facts=[f"{UNIT}.strongest_mark"],
    )


def _elsewhere(share: float) -> str:
    return f"as {words.of_hundred(share) if share >= 0.005 else 'hardly any'} others do"
