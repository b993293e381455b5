"""Series of the training data, the instance's own behind them."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import chart, explained, words
from xaiframe.report.block import Figure, Grid
from xaiframe.report.lessons.beside import Lesson, Lessons
from xaiframe.report.signals.lanes import Lanes

COLUMNS, WIDE, HIGH = 3, 190, 74


def figures(
    lessons: Lessons, told: Sequence[Lesson], key: str, position: int | None = None
) -> Grid:
    """One panel per row; the instance at ``position`` in grey where there is one. Of several
    channels the one that moves most is drawn."""
    own = None if position is None else explained.inputs(lessons.record)["x"][position]
    lanes = Lanes.of(lessons.record)
    return Grid(
        [_figure(lessons, lanes, one, f"{key}-{at}", own) for at, one in enumerate(told)], COLUMNS
    )


def _figure(lessons: Lessons, lanes: Lanes, one: Lesson, key: str, own: Array | None) -> Figure:
    x = lessons.shown[one.place]
    channel = int(np.argmax(x.std(axis=1))) if own is None else int(np.argmax(own.std(axis=1)))
    curves = {"training row": x[channel]} | ({} if own is None else {"this case": own[channel]})
    frame = pd.concat(
        [
            pd.DataFrame({"time": lanes.times(len(line)), "value": line, "which": name})
            for name, line in curves.items()
        ]
    )
    colour = alt.Scale(domain=["training row", "this case"], range=[chart.P, "#9a9fa3"])
    axis = alt.Axis(title=lanes.axis, tickCount=3, grid=False)
    which = f"{words.shortened(lanes.channels[channel], 20)}, " if len(lanes.channels) > 1 else ""
    plot = (
        alt.Chart(chart.data(frame))
        .mark_line(strokeWidth=1.2)
        .encode(
            x=alt.X("time:Q", scale=alt.Scale(nice=False, zero=False), axis=axis),
            y=alt.Y("value:Q", scale=alt.Scale(zero=False),
                    axis=alt.Axis(title=None, tickCount=3, grid=False)),
            color=alt.Color("which:N", scale=colour, legend=None),
            tooltip=["which:N", "time:Q", "value:Q"],
        )
    )  # fmt: skip
    return chart.figure(
        f"{lessons.unit[1]}-{key}", f"{which}{lessons.briefly(one)}", chart.fit(plot, WIDE, HIGH)
    )
