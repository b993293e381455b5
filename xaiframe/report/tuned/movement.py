"""How the explanation moved: along the trials, from start to choice, and on the reported rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Note
from xaiframe.report.record import Record
from xaiframe.report.tuned.trials import UNIT, Trials, last, trials_of

SHADES = alt.Legend(type="symbol", symbolType="square", symbolSize=110, tickCount=4)
"""Gradients do not print."""
SHOWN, MOST = 10, 40
"""Features drawn; trials drawn, the last ones."""
NOT_ALIGNED = (
    "not shown: a feature is not the same thing in every instance, so that means over instances "
    "would say nothing"
)

RECUT = (
    "not shown: the trials explain in different features, which have nothing in common to follow"
)


def strip(record: Record) -> Iterable[Block]:
    """Score, importance of each feature and likeness to the chosen trial, over the trials."""
    found, table = trials_of(record), record.table(UNIT, "trials_importance")
    if found is None:
        return
    if table is None or table.empty:
        if found.recuts:
            yield Note("How the explanation moved", RECUT)
        elif record.facts.value("data.load.modality") in ("image", "text"):
            yield Note("How the explanation moved", NOT_ALIGNED)
        return
    mean = table.groupby(["number", "feature"], sort=False)["share"].mean().reset_index()
    numbers = sorted(mean["number"].unique())[-MOST:]
    mean = mean[mean["number"].isin(numbers)]
    names = features(mean)
    axis = alt.Axis(labelAngle=0, labelOverlap=True)
    x = alt.X("number:O", title="trial, in the order drawn", axis=axis, sort=numbers)
    bare = alt.X("number:O", title=None, axis=None, sort=numbers)
    done = found.done[found.done["number"].isin(numbers)]
    goal = found.goals[0]
    score = done.assign(y=done[goal])[["number", "y", "chosen"]]
    cells = mean[mean["feature"].isin(names)]
    likeness = _likeness(record, numbers)
    width = 500
    parts = [
        _line(score, bare, last(goal)).properties(width=width, height=46),
        alt.Chart(chart.data(cells))
        .mark_rect()
        .encode(
            x=bare if likeness is not None else x,
            y=alt.Y("feature:N", title=None, sort=names),
            color=alt.Color(
                "share:Q",
                title="share of |attribution|",
                scale=alt.Scale(scheme="blues", zero=True),
                legend=SHADES,
            ),
            tooltip=["number:O", "feature:N", "share:Q"],
        )
        .properties(width=width, height=14 * len(names)),
    ]
    if likeness is not None:
        parts.append(_line(likeness, x, "likeness").properties(width=width, height=46))
    yield chart.figure(
        "tuning-strip",
        strip_title(record, found),
        alt.vconcat(*parts, spacing=4),
        n=f"{words.count(len(numbers), 'trial')}, {words.count(methods(table), 'method')}",
        how=f"Above: {last(goal)} of each trial. Middle: share of |attribution| on validation "
        "instances, mean over the methods; the darker, the more the model leans on it. Below: rank "
        "correlation of each trial's importance with that of the chosen one (diamond).",
        caution="Few instances per trial: a step between two neighbours may be noise.",
        facts=[f"{UNIT}.share_moved", f"{UNIT}.explanation_spearman"],
    )


def features(mean: pd.DataFrame) -> list[str]:
    """The features that are drawn: those of the largest share in any trial."""
    top = mean.groupby("feature", sort=False)["share"].max().nlargest(SHOWN)
    return [str(one) for one in top.index]


def methods(table: pd.DataFrame) -> int:
    """How many methods the shares are the mean of."""
    return int(table["method"].nunique())


def strip_title(record: Record, found: Trials) -> str:
    """What rose and what fell most from the start to the chosen trial."""
    moved = {
        fact.labels["feature"]: float(fact.value)
        for fact in record.facts.where(f"{UNIT}.share_moved")
        if isinstance(fact.value, float)
    }
    chosen = found.chosen
    if not moved or chosen is None:
        return "What each trial's model leans on"
    if int(chosen["number"]) == 0:
        return "The recipe's own setting was chosen, so the explanation stays as it is"
    up, down = max(moved, key=moved.__getitem__), min(moved, key=moved.__getitem__)
    return (
        f"From the start to trial {int(chosen['number'])} {words.quoted(up)} rose by "
        f"{words.number(100 * moved[up])} points, {words.quoted(down)} fell by "
        f"{words.number(-100 * moved[down])}"
    )


def _line(frame: pd.DataFrame, x: alt.X, title: str) -> Any:
    base = alt.Chart(chart.data(frame)).encode(
        x=x, y=alt.Y("y:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=3))
    )
    return alt.layer(
        base.mark_line(color=chart.SOFT, strokeWidth=1),
        base.mark_point(size=22, color=chart.P),
        base.transform_filter("datum.chosen").mark_point(shape="diamond", size=90, color=chart.G),
    )


def _likeness(record: Record, numbers: list[int]) -> pd.DataFrame | None:
    table, found = record.table(UNIT, "trials_alike"), trials_of(record)
    if table is None or table.empty or found is None or found.chosen is None:
        return None
    mean = table.groupby("number")["spearman"].mean().reset_index(name="y").dropna()
    mean = mean[mean["number"].isin(numbers)]
    return mean.assign(chosen=mean["number"] == int(found.chosen["number"]))


def shift(record: Record) -> Iterable[Block]:
    """What the tuned model uses more on the reported instances, and what it stopped using."""
    table = record.table("tuning.comparison", "importance")
    if table is None or table.empty:
        return
    shares = table.assign(
        **{k: table[k] / (table[k].abs().sum() or 1.0) for k in ("audited", "tuned")}
    )
    shares["moved"] = (shares["tuned"] - shares["audited"]).abs()
    shown = shares.sort_values("moved", ascending=False).head(6)
    top = shown.iloc[0]
    if not top["moved"]:
        return
    base = alt.Chart(chart.data(shown)).encode(y=alt.Y("feature:N", title=None, sort=None))
    rule = base.mark_rule(color=chart.SOFT).encode(
        x=alt.X("audited:Q", title="share of total importance"), x2="tuned:Q"
    )
    models = ("audited", "tuned")
    colours = alt.Scale(domain=list(models), range=["#9aa5ae", chart.P])
    shapes = alt.Scale(domain=list(models), range=["circle", "diamond"])
    ends = base.transform_fold([*models], ["model", "share"]).mark_point(size=50)
    ends = ends.encode(
        x="share:Q",
        color=alt.Color("model:N", title=None, scale=colours),
        shape=alt.Shape("model:N", title=None, scale=shapes),
    )
    found, more = trials_of(record), "more" if top["tuned"] > top["audited"] else "less"
    models_differ = found is None or found.refits
    yield chart.figure(
        "shift",
        f"After tuning the model leans {more} on {top['feature']}"
        if models_differ
        else f"Of the same model the tuned explanation says {more} of {top['feature']}",
        chart.fit(rule + ends, chart.FULL, 52 + 14 * len(shown)),
        how="Circle: as audited; diamond: tuned, on the reported test instances. The six "
        "features whose share moved most.",
        caution="Moves smaller than the intervals of global importance are noise.",
        facts=["artifacts/tuning.comparison/importance.parquet"],
    )
