"""What the model uses in messages: words by their mean attribution where they occur, P beside G."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from scipy.stats import t

from xaiframe.data.messages.words import key
from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Note
from xaiframe.report.record import Record

SHOWN = 12
"""Words on each side."""
FEWEST, FEWEST_REDACTED = 3, 5
"""Messages a word must occur in; more where rows must not be shown."""
TARGETS = 3
WITHHELD = (
    f"withheld: no word occurs in {FEWEST_REDACTED} explained messages, and the report was asked "
    "to keep single messages out (report.redact)"
)
COLUMNS = ["target", "word", "direction", "mean", "low", "high", "total", "n"]


def overall(record: Record) -> Iterable[Block]:
    """One chart per explained class: the words that speak most for it and against it."""
    table = by_word(record)
    if record.redact and table.empty:
        yield Note("Words", WITHHELD)
    counts = explained.instances(record)["target"].astype(str).value_counts()
    for place, (target, n) in enumerate(counts.head(TARGETS).items()):
        own = table[table["target"] == target]
        if len(own):
            yield _chart(record, own, str(target), int(n), place)


def by_word(record: Record) -> pd.DataFrame:
    """One row per explained class, word (case aside) and direction.

    mean: of the word's signed share of all attribution of a message, over the ``n`` messages that
    hold it, occurrences in one message added up; low, high: its 95 % interval (t); total: the
    same over all messages of that class, 0 where the word does not occur.
    """
    found = record.table("evaluation.agreement", "consensus")
    told = record.table("probe.instances", "words")
    instances = explained.instances(record)
    if found is None or told is None or instances.empty:
        return pd.DataFrame(columns=COLUMNS)
    frame = told.merge(found, on=["position", "feature"])
    frame["word"] = frame["word"].map(key)
    frame["target"] = frame["position"].map(instances.set_index("position")["target"].astype(str))
    sides = {"P": "p_share", "G": "g_share"}
    messages = instances["target"].astype(str).value_counts()
    least = FEWEST_REDACTED if record.redact else FEWEST
    parts = [_side(frame, name, column, messages, least) for name, column in sides.items()]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _side(
    frame: pd.DataFrame, direction: str, column: str, messages: pd.Series, least: int
) -> pd.DataFrame:
    summed = frame.dropna(subset=[column]).groupby(["target", "word", "position"])[column].sum()
    groups = summed.groupby(["target", "word"])
    table = groups.agg(["mean", "std", "count", "sum"]).reset_index()
    table = table[table["count"] >= least]
    half = t.isf(0.025, table["count"] - 1) * table["std"] / np.sqrt(table["count"])
    return table.assign(
        direction=direction,
        low=table["mean"] - half,
        high=table["mean"] + half,
        total=table["sum"] / table["target"].map(messages).astype(float),
        n=table["count"],
    )


def leading(record: Record) -> pd.DataFrame:
    """Index target, word; mean over both directions of their share of all attribution, with sign,
    the largest first."""
    table = by_word(record)
    mean = table.groupby(["target", "word"])["total"].mean()
    return mean.sort_values(key=np.abs, ascending=False, kind="stable").to_frame("total")


def uses(record: Record) -> list[dict[str, Any]]:
    """The five words that carry most of the decisions, for the summary."""
    top = leading(record).head(5).reset_index()
    most = float(top["total"].abs().max()) if len(top) else 0.0
    return [
        {
            "name": f"“{word}” {'for' if total > 0 else 'against'} {target}",
            "share": words.number(100 * abs(float(total)), digits=2),
            "width": round(100 * abs(float(total)) / most, 1),
        }
        for target, word, total in top[["target", "word", "total"]].to_numpy().tolist()
        if most > 0
    ]


def kept_out(record: Record) -> str:
    """Which words are not shown, and why."""
    if record.redact:
        return (
            f"Words in fewer than {FEWEST_REDACTED} explained messages are withheld, since they "
            "could tell whose message it was"
        )
    return f"Words in fewer than {FEWEST} explained messages are left out"


def _chart(record: Record, table: pd.DataFrame, target: str, n: int, place: int) -> Block:
    total = table.groupby("word")["total"].mean()
    ahead = total[total > 0].sort_values(ascending=False, kind="stable").head(SHOWN)
    behind = total[total < 0].sort_values(kind="stable").head(SHOWN)
    panels = [
        _panel(table, list(part.index), title)
        for part, title in ((ahead, f"for {target}"), (behind, f"against {target}"))
        if len(part)
    ]
    return chart.figure(
        f"words-{place + 1}",
        _title(ahead, behind, target),
        alt.hconcat(*panels, spacing=26).resolve_scale(color="shared", shape="shared"),
        n=words.count(n, "explained message"),
        how="Mean share of a message's attribution, where the word occurs (n messages), with its "
        "95 % interval. Ordered by what the word carries over all messages: often and strongly.",
        caution=f"{kept_out(record)}; few messages make wide intervals.",
        facts=["artifacts/evaluation.agreement/consensus.parquet"],
    )


def _panel(table: pd.DataFrame, names: list[str], title: str) -> Any:
    shown = table[table["word"].isin(names)]
    count = shown.groupby("word")["n"].max()
    labels = {name: f"{name}  ({count[name]})" for name in names}
    hues = {"P": chart.P, "G": chart.G}
    sides = [side for side in hues if (table["direction"] == side).any()]
    rows = chart.rows(shown.assign(label=shown["word"].map(labels))[[*COLUMNS[1:], "label"]])
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("label:N", title=None, sort=None, scale=alt.Scale(domain=[*labels.values()])),
        yOffset=alt.YOffset("direction:N", sort=["P", "G"]),
        color=alt.Color(
            "direction:N",
            title=None,
            scale=alt.Scale(domain=sides, range=[hues[side] for side in sides]),
            legend=alt.Legend(columns=2, labelExpr=chart.DIRECTIONS.replace("value", "label")),
        ),
    )
    axis = "mean share of attribution (signed)"
    rule = alt.Chart().mark_rule(color=chart.SOFT, strokeWidth=1).encode(x=alt.datum(0))
    spans = base.mark_rule(strokeWidth=1).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    dots = base.mark_point(size=22).encode(
        x=alt.X("mean:Q", title=axis, axis=alt.Axis(tickCount=4)),
        shape=alt.Shape("direction:N", legend=None, scale=chart.SHAPES),
        tooltip=["word:N", "direction:N", "mean:Q", "low:Q", "high:Q", "n:Q"],
    )
    heading = alt.TitleParams(title, fontSize=10, anchor="start")
    layers = alt.layer(rule, spans, dots, data=alt.Data(values=rows))
    return layers.properties(width=190, height=20 * len(names), title=heading)


def _title(ahead: pd.Series, behind: pd.Series, target: str) -> str:
    said = [
        f"{words.listing(f'“{word}”' for word in part.index[:3])} most {way} {target}"
        for part, way in ((ahead, "for"), (behind, "against"))
        if len(part)
    ]
    return (
        words.sentence("; ".join(said)) or f"No word recurs in the messages explained for {target}"
    )
