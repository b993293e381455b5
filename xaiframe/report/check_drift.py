"""Drift from training to test, and the gap between them: what would break outside this data set."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record


def drift(record: Record) -> Iterable[Block]:
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


def fit_gap(record: Record, width: int = chart.HALF) -> Iterable[Block]:
    """Scores of a dummy, a probe and the model on both splits."""
    table = record.table("precaution.fit_gap", "scores")
    if table is None or table.empty:
        return
    base = alt.Chart(chart.data(table)).encode(
        y=alt.Y("model:N", title=None, sort=None),
        yOffset=alt.YOffset("split:N", sort=["train", "test"]),
    )
    splits = ["train", "test"]
    colour = alt.Color(
        "split:N", title=None, scale=alt.Scale(range=[chart.G, chart.P], domain=splits)
    )
    dots = base.mark_point(size=50).encode(
        x=alt.X("score:Q", title="score", scale=alt.Scale(zero=False)),
        color=colour,
        shape=alt.Shape(
            "split:N", title=None, scale=alt.Scale(range=["circle", "square"], domain=splits)
        ),
    )
    spans = base.mark_rule(strokeWidth=1.5).encode(x="low:Q", x2="high:Q", color=colour)
    loss = record.facts.one("precaution.fit_gap.relative_loss")
    gain = record.facts.one("precaution.fit_gap.gain_over_dummy")
    said = (
        f"Training to test the score loses {words.number(_percent(loss))} %"
        if loss
        else "Scores by model and split"
    )
    yield chart.figure(
        "fit-gap",
        said + (f"; over guessing it gains {words.number(_percent(gain))} %" if gain else ""),
        chart.fit(spans + dots, width, 60 + 40 * table["model"].nunique()),
        n=words.listing(f"{s} {int(n)}" for s, n in table.groupby("split")["n"].max().items()),
        how="Score: balanced accuracy or R²; line: 95 % interval. A model far above the dummy "
        "with both splits close together is a fit.",
        caution="A small gap does not exclude that training and test share a flaw.",
        facts=["precaution.fit_gap.relative_loss", "precaution.fit_gap.gain_over_dummy"],
    )


def _percent(fact: object) -> float | None:
    value = getattr(fact, "value", None)
    return 100 * float(value) if isinstance(value, (int, float)) else None
