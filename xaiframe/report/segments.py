"""Where the model fails: the weakest segments, each with its size and interval."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Chapter, Note, Table, num, parts
from xaiframe.report.record import Record


def chapter(record: Record) -> Chapter:
    """Weak segments and confident mistakes."""
    blocks = parts(record, segments, mistakes)
    if not blocks:
        blocks = [Note("Weakest segments", record.absence("precaution.fit_gap"))]
    return Chapter("fails", "Where it fails", "For whom or where should it not be trusted?", blocks)


def segments(record: Record) -> Iterable[Block]:
    """Score of each segment against the average."""
    table = record.table("precaution.fit_gap", "segments")
    if table is None or not table["difference"].notna().any():
        return
    shown = table[table["difference"].notna()].head(6)
    worst = shown.iloc[0]
    fact = record.facts.one("precaution.fit_gap.weakest_segment")
    spread = f" ({words.interval(fact.interval)})" if fact and fact.interval else ""
    shown = shown.assign(
        name=[f"{s} (n {int(n)})" for s, n in zip(shown["segment"], shown["n"], strict=True)]
    )
    few = alt.Axis(tickCount=4)
    # one line per condition
    lines = alt.Axis(labelLimit=360, labelExpr="split(datum.label, ' and ')")
    high = int(shown["name"].str.count(" and ").max())
    plot = alt.Chart(chart.data(shown)).mark_bar(size=12).encode(
        x=alt.X("difference:Q", title="score of the segment minus the average", axis=few),
        y=alt.Y("name:N", title=None, sort=None, axis=lines),
        color=alt.condition("datum.difference < 0", alt.value(chart.BAD), alt.value(chart.FAINT)),
        tooltip=["segment:N", "score:Q", "difference:Q", "n:Q"],
    )  # fmt: skip
    yield chart.figure(
        "segments",
        f"It is weakest for {worst['segment']}: "
        f"{words.number(float(worst['difference']))}{spread} against the average",
        chart.fit(plot, chart.FULL, 46 + (16 + 13 * high) * len(shown)),
        n="rows per segment in brackets",
        how="Bars to the left are worse than average.",
        caution="Segments were searched for: the worst of many looks bad by chance alone when "
        "n is small.",
        facts=["precaution.fit_gap.weakest_segment"],
    )


def mistakes(record: Record) -> Iterable[Block]:
    """The most confident mistakes of the test split."""
    table = record.table("model.measure", "predictions")
    if table is None or record.redact or "confidence" not in table:
        return
    wrong = table[(table["split"] == "test") & (table["y"] != table["predicted"])]
    if wrong.empty:
        yield Note("Mistakes", "not applicable: no test row was mistaken")
        return
    shown = wrong.sort_values("confidence", ascending=False).head(5)
    yield Table(
        "mistakes",
        f"{len(wrong)} test rows were answered wrongly; the most confident error was "
        f"{words.of_hundred(float(shown['confidence'].iloc[0]))} sure",
        ["row", "true", "predicted", "confidence"],
        [
            [num(r["id"]), str(r["y"]), str(r["predicted"]), num(float(r["confidence"]))]
            for _, r in shown.iterrows()
        ],
        how="A confident mistake is what a reader of single predictions will meet unwarned.",
        facts=("artifacts/model.measure/predictions.parquet",),
        compact=True,
    )
