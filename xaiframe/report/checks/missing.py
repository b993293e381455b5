"""Missing values: which columns have gaps, what their absence tells, and what may disguise one."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Table, num
from xaiframe.report.record import Record

HEADLINE = ("worst_share", "rows_share", "disguised_columns")
UNIT = "precaution.missing"
SHOWN = 8


def found(record: Record) -> Iterable[Block]:
    """Gaps per column, tests of what they tell, values in disguise; nothing where nothing is."""
    yield from gaps(record)
    yield from tests(record)
    yield from disguised(record)


def gaps(record: Record) -> Iterable[Block]:
    """Only columns that miss something are drawn; none is a sentence in the table above."""
    table = record.table(UNIT, "columns")
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
        facts=[f"{UNIT}.share"],
    )


def tests(record: Record) -> Iterable[Block]:
    """Whether the absence of a value has to do with the target, or with a group of people."""
    table = record.table(UNIT, "tests")
    if table is None or table.empty:
        return
    shown = table.head(SHOWN)
    telling = table[(table["p_adjusted"] < 0.01) & (table["association"] > 0.1)]
    yield Table(
        "missing-tests",
        _title(telling.iloc[0]["column"], telling.iloc[0]["against"])
        if len(telling)
        else "Which values are missing has nothing to do with the target or a group, as far as "
        "the rows can tell",
        ["column", "against", "missing", "association", "adjusted p"],
        [
            [
                words.shortened(row["column"]),
                words.shortened(row["against"]),
                num(int(row["missing"])),
                num(float(row["association"])),
                num(float(row["p_adjusted"])),
            ]
            for _, row in shown.iterrows()
        ],
        n=words.count(int(shown.iloc[0]["n"]), "row"),
        how="Association: Cramér's V, of a number as target the rank-biserial correlation; 0 is "
        "none. p is corrected over all tests (Benjamini–Hochberg).",
        caution="Filling in such a value as if it were missing by chance shifts what is learnt.",
        facts=(f"{UNIT}.target_association", f"{UNIT}.target_p_adjusted"),
        compact=True,
    )


def _title(column: str, against: str) -> str:
    what = "the target" if against == "(target)" else words.quoted(words.shortened(against))
    return f"That {words.quoted(words.shortened(column))} is missing says something of {what}"


def disguised(record: Record) -> Iterable[Block]:
    """Values that seem to stand for a missing one."""
    table = record.table(UNIT, "disguised")
    if table is None or table.empty:
        return
    first = table.iloc[0]
    yield Table(
        "disguised",
        f"{words.quoted(words.shortened(first['value']))} may stand for a missing "
        f"{words.quoted(words.shortened(first['column']))} in "
        f"{words.of_hundred(float(first['share']))} rows",
        ["column", "value", "rows", "share", "why"],
        [
            [
                words.shortened(row["column"]),
                words.shortened(row["value"]),
                num(int(row["rows"])),
                num(float(row["share"])),
                str(row["why"]),
            ]
            for _, row in table.head(SHOWN).iterrows()
        ],
        n=words.count(int(first["n"]), "row"),
        caution="A suspicion, no proof: ask whoever recorded the data.",
        facts=(f"{UNIT}.disguised_columns", f"{UNIT}.disguised_share"),
        compact=True,
    )
