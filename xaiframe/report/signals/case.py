"""One series: the user's own curve, shaded by both directions together, then by each method."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Figure, Grid, Heading
from xaiframe.report.record import Record
from xaiframe.report.signals.lanes import Lanes, quantity, reliability_mark, shaded, strip

COLUMNS = 3
WIDE = 560


def draw(record: Record, row: pd.Series, place: int) -> list[Block]:
    """The curve with what both directions agree on, the shares of each, then every method."""
    position, lanes = int(row["position"]), Lanes.of(record)
    curves = explained.inputs(record)["x"][position]
    shares = {
        method: explained.shown_shares(record, method)[position]
        for method in explained.local_methods(record)
    }
    limit = max(float(np.abs(one).max()) for one in shares.values())
    blocks: list[Block] = []
    both = explained.consensus(record, position)
    if both is not None and explained.voices(record):
        both = both.reindex(explained.features(record))
        blocks.append(_agreed(record, row, place, lanes, curves, both))
    note = (
        f"Share of all attribution per segment, one scale (±{words.number(limit)}) for all. Orange "
        f"{_way(row)}, blue with a white minus against; grey: size only."
    )
    if len(lanes.channels) > 1:
        note += f" Lanes from above: {words.listing(lanes.channels, most=12)}."
    blocks.append(Heading(f"case-{place + 1}-methods", "Each method on the same curve", note))
    for direction in explained.sides(record):
        methods = explained.local_methods(record, direction)
        figures = [_small(record, m, direction, lanes, curves, shares[m], limit, place)
                   for m in methods]  # fmt: skip
        blocks.append(Grid(figures, COLUMNS))
    return blocks


def _way(row: pd.Series) -> str:
    regression = not isinstance(row["predicted"], str)
    return f"raises {row['target']}" if regression else f"speaks for {row['target']}"


def _agreed(
    record: Record, row: pd.Series, place: int, lanes: Lanes, curves: Array, both: pd.DataFrame
) -> Figure:
    agreed = both["consensus"].to_numpy(dtype=float)
    conflict = both["conflict"].fillna(False).to_numpy(dtype=bool)
    several = len(lanes.channels) > 1
    top = float(np.nanmax(np.abs(agreed), initial=0.0))
    tall = max(26, min(52, 190 // len(lanes.channels))) if several else 130
    curve = shaded(lanes, curves, agreed, top, (WIDE, tall), conflict=conflict)
    voices = explained.voices(record)
    barred = not several and len(voices) > 1
    sides = {side: both[explained.SHARES[side]].to_numpy(dtype=float) for side in voices}
    panels: list[Any] = [curve]
    if barred:
        panels += strip(lanes, sides, WIDE, 54)
    said = f"{words.count(int(conflict.sum()), 'segment')} framed: P and G in conflict. "
    return chart.figure(
        f"case-{place + 1}-curve",
        _title(lanes, agreed, row),
        alt.vconcat(*panels, spacing=6).resolve_scale(color="independent"),
        how=f"Shade: the share {_by(voices)}, to ±{words.number(top)}; orange "
        f"{_way(row)}, blue with a white minus against. {said if conflict.any() else ''}"
        + ("Bars below: mean of P beside mean of G, up for, down against." if barred else ""),
        caution="A shaded stretch moved the score against the reference; its neighbours may carry "
        "the same information.",
        n=_answer(record, row, lanes),
        facts=["artifacts/evaluation.agreement/consensus.parquet"],
    )


def _by(voices: list[str]) -> str:
    if len(voices) > 1:
        return "both directions agree on"
    return f"that {voices[0]} gives alone, which nothing confirms"


def _answer(record: Record, row: pd.Series, lanes: Lanes) -> str:
    """Which series this is; of a forecast also what was foretold and what came."""
    names = record.table("probe.instances", "originals")
    name = "" if names is None else str(names.set_index("position")["name"].get(row["position"]))
    if isinstance(row["predicted"], str):
        return "" if name.startswith("row ") else name  # the page's head says the row
    unit = lanes.unit(str(row["target"]))
    return f"{name}; foretold {quantity(row['predicted'], unit)}, came {quantity(row['y'], unit)}"


def _title(lanes: Lanes, agreed: Array, row: pd.Series) -> str:
    size = np.nan_to_num(np.abs(agreed))
    if not size.any():
        return "No segment carries this answer"
    top = int(size.argmax())
    name, target = str(lanes.segments["feature"].iloc[top]), row["target"]
    if isinstance(row["predicted"], str):
        side = "for" if agreed[top] > 0 else "against"
        return f"The stretch {name} speaks most {side} {target}"
    return f"The stretch {name} {'raises' if agreed[top] > 0 else 'lowers'} {target} most"


def _small(
    record: Record, method: str, direction: str, lanes: Lanes, curves: Array, shares: Array,
    limit: float, place: int,
) -> Figure:  # fmt: skip
    several = len(lanes.channels) > 1
    plot = shaded(
        lanes, curves, shares, limit, (196, 15 if several else 44), labelled=False,
        signed=explained.signed(record, method),
    )  # fmt: skip
    spec = plot.to_dict()
    spec["config"] = chart.config()
    return Figure(
        f"case-{place + 1}-{method}",
        f"{direction} · {words.label(method)}",
        chart.svg(spec),
        alt=f"attribution per segment by {words.label(method)}",
        grey=explained.reliability(record, method).below,
        mark=reliability_mark(record, method, shares),
    )
