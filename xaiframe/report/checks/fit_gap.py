"""The gap between training and test: what would break outside this data set."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Prose
from xaiframe.report.record import Record

HEADLINE = ("gain_over_dummy", "relative_loss", "weakest_segment")


def found(record: Record) -> Iterable[Block]:
    """Nothing of its own: the scores stand with the model's performance, its weakest segments
    under where it fails."""
    if record.table("precaution.fit_gap", "scores") is not None:
        yield Prose(["The scores are drawn in “Model and performance”, the segments in “Where it "
                     "fails”."])  # fmt: skip


def scores(record: Record, width: int = chart.HALF) -> Iterable[Block]:
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
