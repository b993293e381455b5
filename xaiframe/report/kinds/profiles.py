"""Profiles: which features move a score far, which turn decisions, and where, case by case."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Cell, Figure, Grid, Heading, Prose, Row, Table
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import NAMED, Values

KIND = "profiles"
LISTED, DRAWN = 10, 6
OTHER = "#f3d3cf"
"""Ground behind values at which another class is predicted."""


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """How far each feature alone moves the score, and how many decisions it turns."""
    stage, method = unit
    prefix = f"{stage}.{method}"
    reach = sorted(
        record.facts.where(f"{prefix}.reach"), key=lambda fact: -float(fact.value or 0)
    )  # fmt: skip
    turns = {
        fact.labels["feature"]: float(fact.value)
        for fact in record.facts.where(f"{prefix}.turns")
        if isinstance(fact.value, (int, float))
    }
    told = record.facts.one(f"{prefix}.turned")
    n = int(told.n or 0) if told else 0
    yield Heading(
        f"{method}-overall",
        words.sentence(words.label(method)),
        "What would the model say of the same instance if one feature were different and all else "
        "as it is?",
    )
    rows: list[Row] = []
    for fact in sorted(reach, key=lambda one: -turns.get(one.labels["feature"], 0.0))[:LISTED]:
        name, value = fact.labels["feature"], float(fact.value or 0)
        row: list[Cell | str] = [
            name,
            Cell(words.number(value), "number", value, extra=words.brackets(fact.interval)),
        ]
        if turns:
            count = round(turns[name] * n)
            row.append(Cell(f"{count} of {n}", "number", count))
        rows.append(row)
    heads = [
        "feature",
        "score moves by, on average",
        *(["decisions it turns alone"] if turns else []),
    ]
    yield Table(
        f"{method}-reach",
        _found(reach[0].labels["feature"], float(reach[0].value or 0), turns, told, n),
        heads,
        rows,
        how="Score: highest less lowest of the profile, over the values of the training rows "
        "(5 % to 95 %) and the instance's own; in brackets: 95 % interval over instances.",
        caution="An instance with only this feature changed may never occur.",
        n=words.count(n, "explained instance"),
        facts=(f"{prefix}.reach", *([f"{prefix}.turns"] if turns else [])),
        compact=True,
        widths=(44, 30, 26) if turns else (60, 40),
    )


def _found(first: str, reach: float, turns: dict[str, float], turned: Any, n: int) -> str:
    """The finding: what share of decisions hangs on one feature, and on which most."""
    if not turns:
        return f"{words.quoted(first)} alone moves the prediction most: by {words.number(reach)}"
    share = float(turned.value or 0)
    if share == 0:
        return "No decision turns when a single feature changes"
    told = f"{round(share * n)} of {n} decisions turn when a single feature changes"
    top = max(turns.values())
    leaders = [name for name in turns if turns[name] == top]
    return told if len(leaders) > 1 else f"{told}, most often {words.quoted(leaders[0])}"


def case(record: Record, unit: tuple[str, str], position: int) -> Iterable[Block]:
    """The profiles that reach farthest, each with where the instance stands and where it turns."""
    name = ".".join(unit)
    profiles, marks = record.table(name, KIND), record.table(name, "marks")
    if record.redact or profiles is None or marks is None:
        return
    own = marks[marks["position"] == position].set_index("feature")
    mine = profiles[profiles["position"] == position]
    if mine.empty:
        return
    reach = (own["high"] - own["low"]).to_dict()
    shown = sorted(dict.fromkeys(mine["feature"]), key=lambda one: -reach[one])[:DRAWN]
    values = Values(record)
    span = [float(mine["y"].min()), float(mine["y"].max())]
    turned = own[own["into"] != ""]
    hidden = [str(one) for one in turned.index if one not in shown]
    yield Grid(
        [
            _small(values, f"{unit[1]}-{position}-{place}", feature,
                   mine[mine["feature"] == feature], own.loc[feature], span)
            for place, feature in enumerate(shown)
        ],
        3,
    )  # fmt: skip
    yield Prose([f"{_turns(record, turned)}. {_read(turned, hidden)}"])


def _turns(record: Record, turned: pd.DataFrame) -> str:
    """How many single features would change the answer."""
    if explained.regression(record):
        return "The prediction with one feature changed"
    if turned.empty:
        return "No single feature turns this decision"
    return f"{words.count(len(turned), 'feature')} would turn this decision alone"


def _read(turned: pd.DataFrame, hidden: list[str]) -> str:
    told = "Line: the score with only this feature changed, one scale for all; point: as it is."
    if turned.empty:
        return told
    more = f" Not drawn, but turning it: {words.listing(hidden, most=4)}." if hidden else ""
    return f"{told} Red ground: another class is predicted there.{more}"


def _small(
    values: Values, key: str, feature: str, mine: pd.DataFrame, own: pd.Series, span: list[float]
) -> Figure:
    """One profile: a line over a number or a date, points over levels."""
    mine = mine.sort_values("x")
    named = values.kind(feature) in NAMED
    draw = _levels if named else _line
    return chart.figure(
        key,
        _title(values, feature, mine, own),
        chart.fit(draw(values, feature, mine, own, span), chart.THIRD, 124),
    )


def _title(values: Values, feature: str, mine: pd.DataFrame, own: pd.Series) -> str:
    name = words.quoted(words.shortened(feature, 24))
    if str(own["into"]):
        into = words.shortened(own["into"], 16)
        return f"{name}: {into} {_at(values, feature, own)}"
    reach = words.number(float(own["high"] - own["low"]), digits=2)
    kept = ", decision stays" if (mine["decision"] != "").any() else ""
    return f"{name}: moves by {reach}{kept}"


def _at(values: Values, feature: str, own: pd.Series) -> str:
    """``below 12.3`` or ``at blue``."""
    turn, value = float(own["turn"]), float(own["value"])
    said = values.said(feature, turn)
    if values.kind(feature) in NAMED or math.isnan(value):
        return f"at {said}"
    return f"{'below' if turn < value else 'above'} {said}"


def _score(span: list[float]) -> alt.Y:
    return alt.Y("y:Q", title="score", scale=alt.Scale(domain=span, nice=True, zero=False),
                 axis=alt.Axis(tickCount=4))  # fmt: skip


def _line(
    values: Values, feature: str, mine: pd.DataFrame, own: pd.Series, span: list[float]
) -> Any:
    dated, unit = values.kind(feature) == "date", values.units.get(feature, "")
    kind = "T" if dated else "Q"

    def when(one: float) -> Any:
        return values.said(feature, one) if dated else one

    axis = alt.Axis(tickCount=4, format="%b %Y" if dated else alt.Undefined)
    scale = alt.Undefined if dated else alt.Scale(zero=False, nice=False)
    title = f"{words.shortened(feature, 30)}{f' ({unit})' if unit else ''}"
    x = alt.X(f"x:{kind}", title=title, axis=axis, scale=scale)
    told = mine.assign(x=[when(float(one)) for one in mine["x"]])
    layers: list[Any] = []
    for low, high in grounds(mine, own):
        ground = pd.DataFrame({"x": [when(low)], "end": [when(high)]})
        layers.append(
            alt.Chart(chart.data(ground)).mark_rect(color=OTHER).encode(x=x, x2=f"end:{kind}")
        )
    line = alt.Chart(chart.data(told[["x", "y", "decision"]])).mark_line(
        color=chart.P, strokeWidth=2
    )
    layers.append(line.encode(x=x, y=_score(span), tooltip=[f"x:{kind}", "y:Q", "decision:N"]))
    if not math.isnan(float(own["value"])):
        here = pd.DataFrame({"x": [when(float(own["value"]))], "y": [float(own["score"])]})
        layers.append(
            alt.Chart(chart.data(here)).mark_point(color=chart.INK, size=60).encode(
                x=x, y=_score(span)
            )
        )  # fmt: skip
    return alt.layer(*layers)


def grounds(mine: pd.DataFrame, own: pd.Series) -> list[tuple[float, float]]:
    """Stretches of values at which not the instance's own class is predicted; the one that begins
    where its decision turns begins just there."""
    x, decided = mine["x"].to_numpy(dtype=float), mine["decision"].to_numpy(dtype=object)
    value, turn = float(own["value"]), float(own["turn"])
    if math.isnan(turn) or math.isnan(value):
        return []
    here = decided[abs(x - value).argmin()]
    found: list[tuple[float, float]] = []
    for at, one in enumerate(decided):
        if one == here:
            continue
        low = (x[at - 1] + x[at]) / 2 if at else x[at]
        high = (x[at] + x[at + 1]) / 2 if at + 1 < len(x) else x[at]
        if at and decided[at - 1] == here and x[at - 1] <= turn <= x[at]:
            low = turn
        if at + 1 < len(x) and decided[at + 1] == here and x[at] <= turn <= x[at + 1]:
            high = turn
        if found and found[-1][1] >= low:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return found


def _levels(
    values: Values, feature: str, mine: pd.DataFrame, own: pd.Series, span: list[float]
) -> Any:
    here = float(own["value"])
    decided = mine.loc[(mine["x"] - here).abs() < 1e-9, "decision"]
    now = str(decided.iloc[0]) if len(decided) else ""
    told = mine.assign(
        level=[values.said(feature, float(one)) for one in mine["x"]],
        state=[
            "as it is"
            if abs(float(one["x"]) - here) < 1e-9
            else "another class"
            if now and one["decision"] != now
            else "same"
            for one in mine.to_dict("records")
        ],
    )
    order = list(told["level"])
    axis = alt.Axis(labelAngle=-35 if sum(map(len, order)) > 22 else 0, labelLimit=70)
    colour = alt.Scale(
        domain=["as it is", "another class", "same"], range=[chart.INK, chart.BAD, chart.P]
    )
    points = alt.Chart(chart.data(told[["level", "y", "state", "decision"]])).mark_point(size=60)
    return points.encode(
        x=alt.X("level:N", title=words.shortened(feature, 30), sort=order, axis=axis),
        y=_score(span),
        color=alt.Color("state:N", scale=colour, legend=None),
        tooltip=["level:N", "y:Q", "decision:N"],
    )
