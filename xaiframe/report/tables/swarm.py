"""Direction and spread of one method's attributions, one point per explained instance."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import Values

SHOWN = 6
THIRDS = ("lowest third", "middle third", "highest third")
NOMINAL = "no order"
COLOURS = dict(zip((*THIRDS, NOMINAL), ("#00204d", "#7f7c75", "#f2c230", "#8fb8d4"), strict=True))


def swarm(record: Record) -> Iterable[Block]:
    """Attribution by feature value for the first perturbation method, a panel per class."""
    methods = explained.local_methods(record, "P") or explained.local_methods(record)
    if not methods or not explained.aligned(record):
        return
    method = methods[0]
    frame = _points(record, method)
    targets = frame["target"].value_counts().index[:2]
    frame = frame[frame["target"].isin(targets)]
    zeros = int((frame["attribution"] == 0).sum())
    reliability, quantity = explained.reliability(record, method), explained.regression(record)
    title = "attribution to the predicted value" if quantity else "attribution to the class (score)"
    place = {
        "x": alt.X("attribution:Q", title=title, axis=alt.Axis(tickCount=5)),
        "y": alt.Y("feature:N", title=None, sort=list(dict.fromkeys(frame["feature"]))),
        "yOffset": alt.YOffset("lane:Q", scale=alt.Scale(domain=[-1, 1])),
        "tooltip": ["feature:N", "said:N", "attribution:Q", "target:N"],
    }
    seen = [one for one in COLOURS if (frame["third"] == one).any()]
    shade = alt.Color(
        "third:N",
        title="value of the feature:",
        scale=alt.Scale(domain=seen, range=[COLOURS[one] for one in seen]),
        legend=alt.Legend(titleOrient="left"),
    )
    dots = (
        alt.Chart()
        .mark_point(size=16)
        .encode(**place, color=shade)
        .transform_filter("datum.attribution != 0")
    )
    hollow = (
        alt.Chart()
        .mark_point(size=16, filled=False, stroke=chart.SOFT, strokeWidth=0.8)
        .encode(**place)
        .transform_filter("datum.attribution == 0")
    )
    rule = alt.Chart().mark_rule(color=chart.SOFT).encode(x=alt.datum(0))
    plot = (
        alt.layer(rule, dots, *([hollow] if zeros else []), data=chart.data(frame))
        .properties(width=232 if len(targets) > 1 else 460, height=18 * frame["feature"].nunique())
        .facet(
            column=alt.Column(
                "target:N",
                title=None,
                header=alt.Header(
                    labelExpr=f"'{'predicted' if quantity else 'explained class'}: ' + datum.value"
                ),
            )
        )
        .properties(spacing=24)
    )
    yield chart.figure(
        "swarm",
        _title(frame, quantity),
        plot,
        n=f"{words.count(frame['position'].nunique(), 'explained instance')}, "
        f"{words.label(method)}",
        how="One point per instance: "
        + (
            "right of zero raises the value, left lowers it; "
            if quantity
            else "right of zero speaks for the class, left against it; "
        )
        + "yellow means a high value of the feature. "
        + (f"{zeros} hollow points are exactly zero." if zeros else "No point is exactly zero."),
        caution="A pattern here describes the model, not cause and effect in the world.",
        facts=[f"artifacts/{explained.stage_of(record, method)}.{method}/attribution.npz"],
        mark=reliability.text,
        grey=reliability.below,
    )


def _points(record: Record, method: str) -> pd.DataFrame:
    attributions = explained.attribution(record, method)["values"]
    values, table = Values(record), explained.instances(record)
    names = values.names
    order = [name for name in explained.ranking(record) if name in names][:SHOWN] or names[:SHOWN]
    frames = []
    for name in order:
        at = names.index(name)
        numbers, own = values.numbers[:, at], attributions[:, at]
        nominal = values.kind(name) == "categorical"
        frames.append(
            pd.DataFrame(
                {
                    "position": table["position"],
                    "target": table["target"].astype(str),
                    "feature": name,
                    "value": numbers,
                    "said": [values.said(name, float(one)) for one in numbers],
                    "third": [NOMINAL] * len(numbers) if nominal else thirds(numbers),
                    "attribution": own,
                    "lane": lanes(own),
                    "nominal": nominal,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def thirds(values: Array) -> list[str]:
    """Which third of the explained instances each value falls into, by rank; a missing value has
    no place in the order."""
    share = pd.Series(values).rank(pct=True)
    return [NOMINAL if np.isnan(one) else THIRDS[min(2, int(3 * one - 1e-9))] for one in share]


def lanes(values: Array, bins: int = 30) -> Array:
    """Offsets in −0.8…0.8 that keep points of like value apart, alternating around the middle."""
    span = np.ptp(values) or 1.0
    bin_ = np.round((values - values.min()) / span * bins).astype(int)
    seen = np.zeros(bins + 1)
    offsets = np.empty(len(values))
    for at, place in enumerate(bin_):
        step = (seen[place] + 1) // 2
        offsets[at] = step if seen[place] % 2 else -step
        seen[place] += 1
    return np.asarray(0.8 * offsets / max(1.0, np.abs(offsets).max()))


def _title(frame: pd.DataFrame, quantity: bool) -> str:
    first = str(frame["feature"].iloc[0])
    target = frame["target"].value_counts().index[0]
    part = frame[(frame["feature"] == first) & (frame["target"] == target)]
    if part["nominal"].any():
        return _extremes(part, first, target, quantity)
    varied = len(part) > 2 and part["value"].nunique() > 1 and part["attribution"].nunique() > 1
    link = part["value"].corr(part["attribution"], method="spearman") if varied else 0.0
    if not np.isfinite(link) or abs(link) < 0.3:
        return f"{words.quoted(first)} moves {target} either way"
    if quantity:
        return f"High {words.quoted(first)} {'raises' if link > 0 else 'lowers'} {target}"
    return f"High {words.quoted(first)} speaks {'for' if link > 0 else 'against'} {target}"


def _extremes(part: pd.DataFrame, first: str, target: str, quantity: bool) -> str:
    """The level that speaks most for the target on average."""
    best = part.groupby("said")["attribution"].mean().idxmax()
    said = f"raises {target} most" if quantity else f"speaks most for {target}"
    return f"Of {words.quoted(first)}, {best} {said}"
