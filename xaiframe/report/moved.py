"""How far groups and reliance moved from the first round to the last, on the same rows."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Row, Table, num, status
from xaiframe.report.record import Record
from xaiframe.report.rounds import PAIRED

SHOWN = 10
SIDES = {"perturbation": "P  change the input", "gradient": "G  follow the output back"}


def gaps(record: Record) -> Iterable[Block]:
    """One row per column and measure: the gap between groups before, after, and its change."""
    table = record.table(PAIRED, "gaps")
    if table is None or table.empty:
        return
    wider = table["low"].gt(0).map({True: "wider", False: ""})
    table = table.assign(said=wider.mask(table["high"] < 0, "narrower"))
    table = table.sort_values("change", kind="stable")
    several = table["positive"].nunique() > 1
    yield Table(
        "moved-gaps",
        gaps_title(table),
        ["column", "gap in", "round 1", f"round {len(record.earlier())}", "change", ""],
        [_gap(row, several) for _, row in table.iterrows()],
        how="Largest difference between two groups of the column. In brackets: 95 % interval of "
        f"the change, the same {words.number(int(table['n'].max()))} test rows drawn again within "
        "their groups.",
        caution="A gap that narrows in one column can widen in another, and cost accuracy: "
        "whether that is a gain, people decide.",
        facts=(f"{PAIRED}.gap_change",),
        compact=True,
    )


def gaps_title(table: pd.DataFrame) -> str:
    """What narrowed most and what widened most, beyond chance."""
    told = []
    for word, places in (("narrowed", table["high"] < 0), ("widened", table["low"] > 0)):
        found = table[places]
        if len(found):
            worst = largest(found)
            told.append(
                f"{word} by {words.number(abs(float(worst['change'])))} "
                f"({worst['column']}, {words.label(str(worst['measure']))})"
                f"{f' and in {len(found) - 1} more' if len(found) > 1 else ''}"
            )
    if not told:
        return "No gap between groups moved beyond chance"
    return f"Gaps between groups {words.listing(told)}"


def largest(found: pd.DataFrame) -> pd.Series:
    """The row that moved most."""
    return found.iloc[int(found["change"].abs().to_numpy().argmax())]


def _gap(row: pd.Series, several: bool) -> Row:
    mark = {"narrower": status("pass", "narrower"), "wider": status("warn", "wider")}
    followed = f" ({row['positive']})" if several else ""
    spread = (row["low"], row["high"]) if pd.notna(row["low"]) else None
    return [
        str(row["column"]),
        words.label(str(row["measure"])) + followed,
        num(float(row["before"])),
        num(float(row["after"])),
        num(float(row["change"]), "", spread),
        mark.get(str(row["said"]), Cell("within chance")),
    ]


def reliance(record: Record) -> Iterable[Block]:
    """What share of its attribution each feature had before and has now, in both directions."""
    table = record.table(PAIRED, "features")
    if table is None or table.empty:
        return
    size = table.groupby("feature")[["before", "after"]].max().max(axis=1)
    names = [str(one) for one in size.sort_values(ascending=False, kind="stable").index[:SHOWN]]
    shown = table[table["feature"].isin(names)].assign(side=table["direction"].map(SIDES))
    last = f"round {len(record.earlier())}"
    ends = shown.melt(
        ["feature", "side"], ["before", "after"], var_name="when", value_name="share"
    ).assign(when=lambda one: one["when"].map({"before": "round 1", "after": last}))
    x = alt.X("before:Q", title="share of |attribution|")
    y = alt.Y("feature:N", title=None, sort=names)
    colours = alt.Scale(domain=["round 1", last], range=[chart.G, chart.P])
    shapes = alt.Scale(domain=["round 1", last], range=["square", "circle"])
    sides = [side for side in SIDES.values() if (shown["side"] == side).any()]
    panels = [
        alt.layer(
            alt.Chart(chart.data(shown[shown["side"] == side]))
            .mark_rule(color=chart.SOFT)
            .encode(x=x, x2="after:Q", y=y),
            alt.Chart(chart.data(ends[ends["side"] == side]))
            .mark_point(size=44)
            .encode(
                x=alt.X("share:Q", title="share of |attribution|"),
                y=y,
                color=alt.Color("when:N", title=None, scale=colours, sort=["round 1", last]),
                shape=alt.Shape("when:N", title=None, scale=shapes, sort=["round 1", last]),
                tooltip=["feature:N", "when:N", "share:Q"],
            ),
        ).properties(
            width=480 // len(sides),
            height=18 * len(names),
            title=alt.TitleParams(side, fontSize=10, anchor="start"),
        )
        for side in sides
    ]
    yield chart.figure(
        "moved-reliance",
        reliance_title(table),
        alt.hconcat(*panels, spacing=18).resolve_scale(color="shared", shape="shared"),
        n=f"{words.count(int(table['n'].max()), 'instance')} explained in both rounds",
        how="Mean share of |attribution| over the methods of a direction. The interval of each "
        f"change stands in artifacts/{PAIRED}/features.",
        caution="Which features a model uses may change although its answers hardly do.",
        facts=[f"{PAIRED}.share_change", f"{PAIRED}.explanation_similarity"],
    )


def reliance_title(table: pd.DataFrame) -> str:
    """The feature whose share moved most, where the interval of its change leaves zero out."""
    sure = table[(table["low"] > 0) | (table["high"] < 0)]
    if sure.empty:
        return "No feature's share of the explanations moved beyond chance"
    most = largest(sure)
    verb = "more" if most["change"] > 0 else "less"
    points = f"{100 * float(most['change']):+.0f} points".replace("-", "−")
    return f"The model relies {verb} on {words.quoted(most['feature'])}: {points} of attribution"
