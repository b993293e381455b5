"""Objectives against each other, and which parameter moves them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Row, Table, num
from xaiframe.report.record import Record
from xaiframe.report.tuned.history import looks
from xaiframe.report.tuned.trials import UNIT, last, setting, short, trials_of


def front(record: Record) -> Iterable[Block]:
    """Objective against objective, the Pareto front joined, the chosen trial marked."""
    found = trials_of(record)
    if found is None or len(found.goals) < 2:
        return
    x, y = found.goals[:2]
    drawn = found.drawn.assign(x=lambda done: done[x], y=lambda done: done[y])
    base = alt.Chart(chart.data(drawn[["number", "x", "y", "role", "pareto"]]))
    place = {
        "x": alt.X("x:Q", title=last(x), scale=alt.Scale(zero=False, padding=8)),
        "y": alt.Y("y:Q", title=last(y), scale=alt.Scale(zero=False, padding=12)),
    }
    line = base.transform_filter("datum.pareto").mark_line(color=chart.FAINT)
    dots = base.mark_point(size=70).encode(
        **place, **looks(list(drawn["role"])), tooltip=["number:Q", "x:Q", "y:Q", "role:N"]
    )
    numbers = base.mark_text(dy=-9).encode(**place, text="number:N")
    chosen = drawn[drawn["role"] == "chosen"]
    why = record.facts.one(f"{UNIT}.chosen_trial")
    yield chart.figure(
        "front",
        f"Trial {int(chosen['number'].iloc[0])} was chosen from {int(drawn['pareto'].sum())} "
        f"on the Pareto front"
        if len(chosen)
        else f"{int(drawn['pareto'].sum())} trials lie on the Pareto front",
        chart.fit(line.encode(**place, order="x:Q") + dots + numbers, chart.HALF, 176),
        n=words.count(len(drawn), "trial"),
        how="Each point is one setting; no point on the line can improve one objective without "
        "losing on the other." + (f" Chosen: {said(why.reason)}." if why and why.reason else ""),
        caution="Judged on validation data only; few trials show a direction, not an optimum.",
        facts=[f"{UNIT}.best", f"{UNIT}.chosen", f"{UNIT}.chosen_trial"],
    )


def said(reason: str) -> str:
    """The rule of choice with the objectives' names as a reader knows them."""
    return re.sub(r"\w+(?:\.\w+){2,}", lambda found: last(found[0]), reason)


def importance(record: Record) -> Iterable[Block]:
    """Which parameter moved which objective."""
    table = record.table(UNIT, "importance")
    if table is None or table.empty:
        return
    known = table.dropna(subset=["importance"])
    if known.empty:
        return
    top = known.sort_values("importance", ascending=False).iloc[0]
    ranked = "measure" in table and str(table["measure"].iloc[0]).startswith("absolute")
    told = table["objective"].astype(str)
    alone = told.map(last).nunique() == told.nunique()
    drawn = table.assign(
        objective=told.map(last if alone else short),
        parameter=table["parameter"].astype(str).map(setting),
    )
    goals = list(dict.fromkeys(drawn["objective"]))
    axis = "|rank correlation|" if ranked else "share of what tells the best quarter apart"
    plot = alt.Chart(chart.data(drawn)).mark_bar().encode(
        y=alt.Y("parameter:N", title=None, sort="-x"),
        yOffset=alt.YOffset("objective:N", sort=goals),
        x=alt.X("importance:Q", title=axis),
        color=alt.Color(
            "objective:N", title=None, sort=goals, legend=alt.Legend(columns=1),
            scale=alt.Scale(domain=goals, range=[chart.P, chart.G, chart.SOFT]),
        ),
    )  # fmt: skip
    yield chart.figure(
        "parameters",
        f"{words.sentence(last(str(top['objective'])))} moves most with "
        f"{setting(str(top['parameter']))}",
        chart.fit(plot, chart.HALF, 176),
        n=words.count(int(table["n"].max()), "trial") if "n" in table else "",
        how="|Rank correlation| of the parameter with the objective over the trials; for choices "
        "the correlation ratio of the ranks."
        if ranked
        else "PED-ANOVA: which parameter tells the best quarter of the trials from the others.",
        caution="Rough with few trials, and a search that learns does not draw evenly.",
        facts=[f"artifacts/{UNIT}/importance.parquet"],
    )


def correlations(record: Record) -> Iterable[Block]:
    """Signed rank correlation of every parameter with every objective, shaded by its size."""
    table = record.table(UNIT, "importance")
    if table is None or "spearman" not in table or table["spearman"].isna().all():
        return
    wide = table.pivot(index="parameter", columns="objective", values="spearman")
    goals = list(dict.fromkeys(table["objective"].astype(str)))
    rows: list[Row] = [
        [setting(str(name)), *(_cell(wide.loc[name, goal]) for goal in goals)]
        for name in dict.fromkeys(table["parameter"])
    ]
    n = int(table["n"].max())
    chance = 1.96 / np.sqrt(n - 1) if n > 2 else 1.0
    beyond = int((wide.abs() > chance).sum().sum())
    yield Table(
        "tuning-spearman",
        f"{beyond} of {int(wide.notna().sum().sum())} parameter–objective pairs go together "
        "beyond chance"
        if beyond
        else "No parameter goes with an objective beyond chance",
        ["parameter", *map(last, goals)],
        rows,
        n=words.count(n, "trial"),
        how=f"Spearman's rank correlation; without any relation 95 of 100 stay within "
        f"±{words.number(min(1.0, float(chance)))}. A choice has no order, hence none.",
        facts=(f"artifacts/{UNIT}/importance.parquet",),
        compact=True,
    )


def _cell(value: float) -> Cell:
    if pd.isna(value):
        return Cell("–", "number")
    shown = num(float(value))
    return Cell(shown.text, "number", shown.sort, shade=abs(float(value)) / 2)
