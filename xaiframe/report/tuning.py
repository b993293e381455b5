"""The tuning report: what was searched, what it cost, what was chosen and what that changed."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Chapter, Grid, Note, Row, Table, num, parts
from xaiframe.report.record import Record

ADOPT = "The tuned model is better on validation data and may be adopted"
KEEP = "The tuned model is not better on validation data: keep the audited one"
ROLES = {
    "chosen": (chart.G, "diamond"),
    "Pareto front": (chart.P, "circle"),
    "other trial": ("#a9b3bb", "circle"),
    "breaks a constraint": ("#a9b3bb", "cross"),
}
KNOWN = {"number", "state", "seconds", "chosen", "pareto"}


def chapter(record: Record) -> Chapter:
    """The tuning report."""
    figures = parts(record, front, importance)
    blocks: list[Block] = [Grid(figures, 2)] if figures else []
    blocks += parts(record, trials, before_after, shift)
    if not blocks:
        blocks = [Note("Tuning", record.absence(f"tuning.{record.chosen('tuning')}"))]
    return Chapter("tuning", "Tuning", "Could another setting decide and explain better?", blocks)


def objectives(record: Record, table: pd.DataFrame) -> list[str]:
    """Objective columns of the trials, as the importance table or the facts name them."""
    stored = record.table("tuning.search", "importance")
    named = [] if stored is None else list(dict.fromkeys(stored["objective"].astype(str)))
    facts = [f.labels.get("objective", "") for f in record.facts.where("tuning.search.best")]
    return [name for name in dict.fromkeys([*named, *facts]) if name in table]


def parameters(record: Record, table: pd.DataFrame) -> list[str]:
    """Parameter columns of the trials, as the search space names them."""
    space = record.table("tuning.search", "space")
    if space is not None:
        return [name for name in space["parameter"].astype(str) if name in table]
    return [str(c) for c in table if c not in KNOWN and c not in objectives(record, table)]


def front(record: Record) -> Iterable[Block]:
    """Objective against objective, the Pareto front joined, the chosen trial marked."""
    table = record.table("tuning.search", "trials")
    if table is None or table.empty:
        return
    names = objectives(record, table)
    if len(names) < 2:
        return
    x, y = names[:2]
    done = table.dropna(subset=[x, y])
    drawn = done.assign(x=done[x], y=done[y], role=[_role(r) for _, r in done.iterrows()])
    roles = ["chosen", "Pareto front", "other trial", "breaks a constraint"]
    roles = [role for role in roles if role in set(drawn["role"])]
    looks = [ROLES[role] for role in roles]
    base = alt.Chart(chart.data(drawn[["number", "x", "y", "role", "pareto"]]))
    place = {
        "x": alt.X("x:Q", title=last(x), scale=alt.Scale(zero=False)),
        "y": alt.Y("y:Q", title=last(y), scale=alt.Scale(zero=False)),
    }
    line = (
        base.transform_filter("datum.pareto")
        .mark_line(color=chart.FAINT)
        .encode(**place, order="x:Q")
    )
    dots = base.mark_point(size=70).encode(
        **place,
        color=alt.Color(
            "role:N",
            title=None,
            sort=roles,
            scale=alt.Scale(domain=roles, range=[colour for colour, _ in looks]),
        ),
        shape=alt.Shape(
            "role:N",
            title=None,
            sort=roles,
            scale=alt.Scale(domain=roles, range=[shape for _, shape in looks]),
        ),
        tooltip=["number:Q", "x:Q", "y:Q", "role:N"],
    )
    numbers = base.mark_text(dy=-9).encode(**place, text="number:N")
    chosen = drawn[drawn["role"] == "chosen"]
    yield chart.figure(
        "front",
        f"Trial {int(chosen['number'].iloc[0])} was chosen from {int(drawn['pareto'].sum())} "
        f"on the Pareto front"
        if len(chosen)
        else f"{int(drawn['pareto'].sum())} trials lie on the Pareto front",
        chart.fit(line + dots + numbers, chart.HALF, 176),
        n=words.count(len(drawn), "trial"),
        how="Each point is one setting; no point on the line can improve one objective without "
        "losing on the other.",
        caution="Judged on validation data only; few trials show a direction, not an optimum.",
        facts=["tuning.search.best", "tuning.search.chosen"],
    )


def last(name: str) -> str:
    """The last word of a dotted key."""
    return words.label(name.rsplit(".", maxsplit=1)[-1])


def short(name: str) -> str:
    """The last words of a fact name, with where it was measured."""
    piece = name.split(".")
    return (
        f"{words.label(piece[-1])} ({' '.join(words.label(p) for p in piece[:-1])})"
        if len(piece) > 1
        else words.label(name)
    )


def _role(row: pd.Series) -> str:
    if str(row.get("state")) == "infeasible":
        return "breaks a constraint"
    return "chosen" if row["chosen"] else "Pareto front" if row["pareto"] else "other trial"


def importance(record: Record) -> Iterable[Block]:
    """Which parameter moved which objective."""
    table = record.table("tuning.search", "importance")
    if table is None or table.empty:
        return
    top = table.sort_values("importance", ascending=False).iloc[0]
    drawn = table.assign(
        objective=table["objective"].astype(str).map(short),
        parameter=table["parameter"].astype(str).map(last),
    )
    goals = list(dict.fromkeys(drawn["objective"]))
    plot = alt.Chart(chart.data(drawn)).mark_bar().encode(
        y=alt.Y("parameter:N", title=None, sort="-x"),
        yOffset=alt.YOffset("objective:N", sort=goals),
        x=alt.X("importance:Q", title="share of the objective's variation"),
        color=alt.Color(
            "objective:N", title=None, sort=goals, legend=alt.Legend(columns=1),
            scale=alt.Scale(domain=goals, range=[chart.P, chart.G, chart.SOFT]),
        ),
    )  # fmt: skip
    yield chart.figure(
        "parameters",
        f"{words.sentence(last(str(top['parameter'])))} matters most for "
        f"{last(str(top['objective']))}",
        chart.fit(plot, chart.HALF, 176),
        how="How much of an objective's variation over trials each parameter explains.",
        caution="With few trials these shares are rough.",
        facts=["artifacts/tuning.search/importance.parquet"],
    )


def trials(record: Record) -> Iterable[Block]:
    """History: every trial with its setting, objectives and cost."""
    table = record.table("tuning.search", "trials")
    if table is None or table.empty:
        return
    names, goals = parameters(record, table), objectives(record, table)
    rows: list[Row] = [
        [
            Cell(f"{int(r['number'])}{' ◆' if r['chosen'] else ''}", "number", int(r["number"])),
            *(_setting(r[name]) for name in names),
            *(num(r[goal]) for goal in goals),
            num(r.get("seconds")),
            _role(r)
            if str(r["state"]) in ("COMPLETE", "complete", "infeasible")
            else words.label(str(r["state"]).lower()),
        ]
        for _, r in table.head(16).iterrows()
    ]
    seconds = record.facts.one("tuning.search.seconds")
    yield Table(
        "trials",
        f"{words.count(len(table), 'setting')} tried"
        + (f" in {words.number(seconds.value, 's')}" if seconds else ""),
        ["trial", *map(last, names), *map(last, goals), "s", ""],
        rows,
        facts=("tuning.search.trials", "tuning.search.seconds"),
        caution=f"{len(table) - 16} more: see artifacts." if len(table) > 16 else "",
        compact=True,
    )


def _setting(value: object) -> Cell:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return num(value)
    return Cell(str(value))


def before_after(record: Record) -> Iterable[Block]:
    """Audited and tuned model, quantity by quantity."""
    table = record.table("tuning.comparison", "comparison")
    if table is None or table.empty:
        return
    adopt = record.facts.value("tuning.comparison.adopt")
    title = "Audited and tuned model side by side"
    if adopt is not None:
        title = ADOPT if adopt else KEEP
    rows: list[Row] = [
        [
            words.sentence(short(str(r["quantity"]))),
            num(r["audited"], spread=_span(r, "audited")),
            num(r["tuned"], spread=_span(r, "tuned")),
            _better(r),
        ]
        for _, r in table.iterrows()
    ]
    yield Table(
        "comparison",
        title,
        ["quantity", "audited", "tuned", "change"],
        rows,
        how="In brackets: 95 % interval. Overlapping intervals are no difference.",
        facts=("tuning.comparison.adopt", "tuning.comparison.<quantity>"),
        compact=True,
    )


def _span(row: pd.Series, which: str) -> tuple[float, float] | None:
    low, high = row.get(f"{which}_low"), row.get(f"{which}_high")
    return None if pd.isna(low) or pd.isna(high) else (float(low), float(high))


def _better(row: pd.Series) -> str:
    if pd.isna(row["audited"]) or pd.isna(row["tuned"]):
        return "not measured"
    change = float(row["tuned"]) - float(row["audited"])
    wanted = {"higher": 1, "lower": -1}.get(str(row.get("better")), 0)
    word = "" if not wanted or not change else "better" if change * wanted > 0 else "worse"
    return f"{'+' if change > 0 else ''}{words.number(change)} {word}".strip()


def shift(record: Record) -> Iterable[Block]:
    """What the tuned model uses more, and what it stopped using."""
    table = record.table("tuning.comparison", "importance")
    if table is None or table.empty:
        return
    shares = table.assign(
        **{k: table[k] / (table[k].abs().sum() or 1.0) for k in ("audited", "tuned")}
    )
    shares["moved"] = (shares["tuned"] - shares["audited"]).abs()
    shown = shares.sort_values("moved", ascending=False).head(6)
    top = shown.iloc[0]
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
    yield chart.figure(
        "shift",
        f"After tuning the model leans {'more' if top['tuned'] > top['audited'] else 'less'} "
        f"on {top['feature']}",
        chart.fit(rule + ends, chart.FULL, 52 + 14 * len(shown)),
        how="Circle: audited model; diamond: tuned. The six features whose share moved most.",
        caution="Moves smaller than the intervals of global importance are noise.",
        facts=["artifacts/tuning.comparison/importance.parquet"],
    )
