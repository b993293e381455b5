"""How a search went: objectives trial by trial, the best so far, and how all trials are spread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record
from xaiframe.report.tuned.trials import ROLES, UNIT, Trials, last, trials_of


def history(record: Record) -> Iterable[Block]:
    """Each objective over the trials, with the best so far."""
    found = trials_of(record)
    if found is None or len(found.done) < 2:
        return
    panels = [_course(found, goal, chart.FULL // len(found.goals) - 40) for goal in found.goals[:3]]
    yield chart.figure(
        "tuning-history",
        history_title(found),
        alt.hconcat(*panels, spacing=18).resolve_scale(color="shared", shape="shared"),
        n=words.count(len(found.done), "measured trial"),
        how="Points: trials in the order they were drawn, the recipe's own setting first. Line: "
        "the best so far, of those that keep the constraints.",
        caution="The best of many trials looks better than it is: the ending judges it anew.",
        facts=[f"{UNIT}.best", f"{UNIT}.start"],
    )


def history_title(found: Trials) -> str:
    """When the score was last bettered."""
    goal = found.goals[0]
    so_far = best_so_far(found, goal)
    start, end = float(so_far.iloc[0]), float(so_far.iloc[-1])
    if start == end:
        return f"No trial has a better {last(goal)} than the recipe's own setting"
    when = int(found.done.loc[so_far[so_far == end].index[0], "number"])
    moved = (
        f"{words.sentence(last(goal))} {'fell' if found.better.get(goal) == 'lower' else 'rose'}"
    )
    if when == int(found.done["number"].iloc[-1]):
        return f"{moved} until the last trial, {when}: more might be found"
    return f"{moved} no further after trial {when} of {int(found.table['number'].max())}"


def best_so_far(found: Trials, goal: str) -> pd.Series:
    """The best value up to each measured trial, of those that keep the constraints."""
    values = found.done[goal].where(found.done["role"] != "breaks a constraint")
    best = values.cummin() if found.better.get(goal) == "lower" else values.cummax()
    return best.ffill()


def _course(found: Trials, goal: str, width: int) -> Any:
    drawn = found.done.assign(y=found.done[goal], best=best_so_far(found, goal))
    base = alt.Chart(chart.data(drawn[["number", "y", "best", "role"]]))
    x = alt.X("number:Q", title="trial", axis=alt.Axis(format="d", tickMinStep=1))
    scale = alt.Scale(zero=False, padding=5)
    y = alt.Y("y:Q", title=last(goal), scale=scale)
    line = base.mark_line(interpolate="step-after", color=chart.SOFT, strokeWidth=1.2)
    return alt.layer(
        line.encode(x=x, y=alt.Y("best:Q", title=last(goal), scale=scale)),
        base.mark_point(size=46).encode(x=x, y=y, **looks(list(drawn["role"]))),
    ).properties(width=width, height=118)


def looks(roles: list[str]) -> dict[str, alt.SchemaBase]:
    """Colour and shape of the roles that occur."""
    present = [one for one in ROLES if one in set(roles)]
    colours, shapes = [ROLES[one][0] for one in present], [ROLES[one][1] for one in present]
    return {
        "color": alt.Color(
            "role:N", title=None, sort=present, scale=alt.Scale(domain=present, range=colours)
        ),
        "shape": alt.Shape(
            "role:N", title=None, sort=present, scale=alt.Scale(domain=present, range=shapes)
        ),
    }


def spread(record: Record) -> Iterable[Block]:
    """The share of trials that score at most so much, for the search and its random control."""
    found, control = trials_of(record), trials_of(record, "tuning.control")
    if found is None or len(found.done) < 4:
        return
    goal = found.goals[0]
    parts = [_shares(found, goal, "this search")]
    if control is not None and goal in control.goals:
        parts.append(_shares(control, goal, "random search"))
    drawn = pd.concat(parts)
    names = list(dict.fromkeys(drawn["search"]))
    plot = (
        alt.Chart(chart.data(drawn))
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("value:Q", title=last(goal), scale=alt.Scale(zero=False)),
            y=alt.Y("share:Q", title="share of trials", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "search:N", title=None, sort=names,
                scale=alt.Scale(domain=names, range=[chart.P, chart.G][: len(names)]),
            ),
            strokeDash=alt.StrokeDash(
                "search:N",
                title=None,
                sort=names,
                scale=alt.Scale(domain=names, range=[[1, 0], [4, 2]][: len(names)]),
            ),
        )
    )  # fmt: skip
    yield chart.figure(
        "tuning-edf",
        spread_title(found, control),
        chart.fit(plot, chart.HALF, 170),
        n=words.count(len(drawn) - len(parts), "trial"),
        how=f"How many of the trials have at most this {last(goal)}: the further "
        f"{'left' if found.better.get(goal) == 'lower' else 'right'} a curve lies, the better.",
        caution="On validation rows; the typical trial, not the chosen one.",
        facts=[f"{UNIT}.best"],
    )


def spread_title(found: Trials, control: Trials | None) -> str:
    """The median trial beside that of the random search."""
    goal = found.goals[0]
    mine = float(found.done[goal].median())
    if control is None or goal not in control.goals:
        return f"Half of the trials reach a {last(goal)} of {words.number(mine)}"
    other = float(control.done[goal].median())
    return (
        f"The middle trial has a {last(goal)} of {words.number(mine)}, with random search "
        f"{words.number(other)}"
    )


def _shares(found: Trials, goal: str, name: str) -> pd.DataFrame:
    values = found.done[goal].sort_values().to_numpy()
    steps = [(float(values[0]), 0.0)]
    steps += [(float(value), (k + 1) / len(values)) for k, value in enumerate(values)]
    return pd.DataFrame(steps, columns=["value", "share"]).assign(search=name)
