"""Missing values, imbalance, redundancy and duplicates: the data before any model."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Table, num
from xaiframe.report.record import Record


def missing(record: Record) -> Iterable[Block]:
    """Only columns that miss something are drawn; none is a sentence in the table above."""
    table = record.table("precaution.missing", "columns")
    if table is None or not (table["share"] > 0).any():
        return
    worst = table[table["share"] > 0].sort_values("share", ascending=False).head(10)
    top = worst.iloc[0]
    plot = alt.Chart(chart.data(worst)).mark_bar(color=chart.P).encode(
        x=alt.X("share:Q", title="share of rows without a value"),
        y=alt.Y("column:N", title=None, sort=None),
    )  # fmt: skip
    yield chart.figure(
        "missing",
        f"{words.quoted(top['column'])} is missing in {words.of_hundred(top['share'])} rows",
        chart.fit(plot, chart.HALF, 40 + 18 * len(worst)),
        n=words.count(int(top["n"]), "row"),
        how="Columns with gaps, widest gap first.",
        caution="Few gaps can still matter when they fall on one group.",
        facts=["precaution.missing.share"],
    )


def correlation(record: Record) -> Iterable[Block]:
    """The closest pairs of features."""
    table = record.table("precaution.correlation", "pairs")
    if table is None or table.empty:
        return
    shown = table.head(8).assign(
        pair=[f"{a} · {b}" for a, b in zip(table["a"], table["b"], strict=True)][:8]
    )
    first = shown.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("association:Q", title="association (0 none, 1 the "
                                       "same)", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("pair:N", title=None, sort=None),
        tooltip=["pair:N", "association:Q", "measure:N"],
    )  # fmt: skip
    yield chart.figure(
        "correlation",
        f"{words.quoted(first['a'])} and {words.quoted(first['b'])} say nearly the same "
        f"({words.number(float(first['association']))})"
        if first["association"] > 0.9
        else f"No two features say the same; the closest pair reaches "
        f"{words.number(float(first['association']))}",
        chart.fit(plot, chart.HALF, 50 + 18 * len(shown)),
        how=f"The {len(shown)} closest pairs of {words.number(len(table))}; measure: "
        f"{words.listing(dict.fromkeys(shown['measure']))}.",
        caution="Between such features attributions are shared out arbitrarily; read them as a "
        "group.",
        facts=["precaution.correlation.strongest", "precaution.correlation.redundant_pairs"],
    )


def duplicates(record: Record) -> Iterable[Block]:
    """A short list of offending rows, left out when nothing was found or rows must not be shown."""
    table = record.table("precaution.consistency", "duplicates")
    if table is None or table.empty or record.redact:
        return
    kinds = table["kind"].value_counts()
    title = words.listing(f"{words.label(str(kind))}: {amount}" for kind, amount in kinds.items())
    yield Table(
        "duplicates",
        f"Rows that repeat ({title})",
        ["row", "in", "repeats row", "in", "kind"],
        [
            [
                num(r["id"]),
                str(r["split"]),
                num(r["other_id"]),
                str(r["other_split"]),
                words.label(str(r["kind"])),
            ]
            for _, r in table.head(6).iterrows()
        ],
        caution=f"{len(table) - 6} more: see artifacts." if len(table) > 6 else "",
        facts=("precaution.consistency.duplicate_share", "precaution.consistency.leakage_share"),
        compact=True,
    )


def power(record: Record) -> Iterable[Block]:
    """How well each feature predicts the target on its own."""
    table = record.table("precaution.correlation", "power")
    if table is None or table.empty:
        return
    shown = table.sort_values("power", ascending=False).head(8)
    first = shown.iloc[0]
    plot = alt.Chart(chart.data(shown)).mark_bar(color=chart.P).encode(
        x=alt.X("power:Q", title="predictive power alone (0–1)", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("column:N", title=None, sort=None),
    )  # fmt: skip
    yield chart.figure(
        "power",
        f"{words.quoted(first['column'])} alone predicts the target best "
        f"({words.number(float(first['power']))})",
        chart.fit(plot, chart.HALF, 40 + 18 * len(shown)),
        how="Each feature on its own; 1 would be a perfect prediction.",
        caution="A value near 1 suggests that the answer leaked into the input.",
        facts=["precaution.correlation.predictive_power"],
    )
