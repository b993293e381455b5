"""Drift from training to test: which columns moved, beside what chance would move."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record

HEADLINE = ("drifted_share", "domain_auc", "label_drift")


def found(record: Record) -> Iterable[Block]:
    """Population stability per column beside what chance alone would give."""
    table = record.table("precaution.data_drift", "columns")
    if table is None or table.empty or "psi" not in table:
        return
    shown = table.sort_values("psi", ascending=False).head(8)
    above = int(table["drifted"].sum())
    base = alt.Chart(chart.data(shown)).encode(y=alt.Y("column:N", title=None, sort=None))
    bars = base.mark_bar(color=chart.P).encode(
        x=alt.X("psi:Q", title="population stability index, train → test")
    )
    null = base.mark_tick(color=chart.INK, thickness=2, size=12).encode(x="psi_null95:Q")
    yield chart.figure(
        "drift",
        f"{words.count(above, 'column') if above else 'No column'} of {len(table)} drifted "
        f"between training and test",
        chart.fit(bars + null, chart.HALF, 40 + 18 * len(shown)),
        how="Bars: measured shift. Tick: what 95 of 100 samples without any shift stay below.",
        caution="Both splits come from one source; a new clinic, sensor or year is another test.",
        facts=["precaution.data_drift.psi", "precaution.data_drift.psi_null95"],
    )
