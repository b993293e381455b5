"""One picture case: the picture, then P and G maps in one order and on one scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Figure, Grid, Heading
from xaiframe.report.pictures import draw as picture
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.pictures import maps
from xaiframe.report.record import Record

COLUMNS = 6
NUMBERED = 3


def draw(record: Record, row: pd.Series, place: int) -> list[Block]:
    """Picture, consensus and the maps of every method; fine gradient maps below."""
    position = int(row["position"])
    mask = picture_input.regions(record, position)
    shares = {
        method: explained.shown_shares(record, method)[position]
        for method in explained.local_methods(record)
    }
    limit = max(float(np.abs(one).max()) for one in shares.values())
    key = f"case-{place + 1}"
    return [
        Grid([_input(record, row, key), *_consensus(record, position, mask, key, limit)], 4),
        Heading(
            f"{key}-maps",
            "Perturbation (P) above, gradient (G) below"
            if len(explained.sides(record)) > 1
            else "Each method",
            f"Share of all attribution per {picture_input.noun(record)}, one scale "
            f"(±{words.number(limit)}) for all maps. Orange speaks for {row['target']}, blue "
            f"with a white minus against it.",
        ),
        *(_row(record, side, shares, mask, key, limit) for side in explained.sides(record)),
        *_fine(record, position, key),
    ]


def _input(record: Record, row: pd.Series, key: str) -> Figure:
    """The user's picture with its file name; superpixels drawn, those that matter numbered."""
    position, own = int(row["position"]), picture_input.own_regions(record)
    name = picture_input.file(record, position)
    numbers = {k: str(k + 1) for k in _leading(record, position)} if own else {}
    drawn = "Borders: superpixels; numbers: the segments that carry most." if own else ""
    return Figure(
        f"{key}-input",
        "The picture the model saw",
        picture_input.show(record, position, 38, own, numbers),
        how=". ".join(part for part in (name and f"File {name}", drawn) if part),
        alt=f"input picture {name}, predicted {row['predicted']}",
        width=148,
    )


def _leading(record: Record, position: int) -> list[int]:
    """The features with the largest mean |share|, and the one that ablation finds strongest."""
    methods = explained.local_methods(record)
    rows = [np.abs(explained.shown_shares(record, method)[position]) for method in methods]
    found = [int(k) for k in np.argsort(-np.mean(rows, axis=0), kind="stable")[:NUMBERED]]
    if "feature_ablation" in methods:
        values = explained.attribution(record, "feature_ablation")["values"][position]
        found += [int(values.argmax()), int(values.argmin())]
    return list(dict.fromkeys(found))


def _row(
    record: Record, direction: str, shares: dict[str, Array], mask: Array, key: str, limit: float
) -> Block:
    figures = []
    for method in explained.local_methods(record, direction):
        trust = explained.reliability(record, method)
        figures.append(
            Figure(
                f"{key}-{method}",
                f"{direction} · {words.label(method)}",
                picture.heatmap(maps.spread(shares[method], mask), limit, 24, regions=mask),
                alt=f"attribution per {picture_input.noun(record)} by {words.label(method)}",
                width=92,
                grey=trust.below,
                mark=_mark(shares[method], trust.below),
            )
        )
    return Grid(figures, COLUMNS)


def _mark(shares: Array, below: bool) -> str:
    """What a reader must know before looking: nothing there, or nothing to rely on."""
    if not np.abs(shares).any():
        return "zero everywhere"
    return "below the gate" if below else ""


def _framed(record: Record, conflicts: int) -> str:
    one, many = picture_input.noun(record), picture_input.nouns(record)
    if not conflicts:
        return f"No {one} is in conflict."
    return f"Framed in black: {words.count(conflicts, one, many)} in conflict."


def _consensus(
    record: Record, position: int, mask: Array, key: str, limit: float
) -> Sequence[Block]:
    mine, voices = explained.consensus(record, position), explained.voices(record)
    if mine is None:
        return []
    mine = mine.reindex(explained.features(record))
    conflict = mine["conflict"].eq(True).to_numpy(dtype=bool)
    wide = maps.spread(conflict, mask)
    pictures = []
    titles = {explained.SHARES[side]: f"{side}, mean of methods" for side in voices}
    if len(voices) > 1:
        titles["consensus"] = "What both agree on"
    for column, title in titles.items():
        frame = wide if column == "consensus" else None
        values = maps.spread(mine[column].fillna(0.0).to_numpy(dtype=float), mask)
        pictures.append(
            Figure(
                f"{key}-{column}",
                title,
                picture.heatmap(values, limit, 38, frame, mask),
                alt=f"{title} per {picture_input.noun(record)}",
                width=148,
                how=_framed(record, int(conflict.sum())) if column == "consensus" else "",
            )
        )
    return pictures


def _fine(record: Record, position: int, key: str) -> Sequence[Block]:
    """Attributions per pixel where the method gives them, each on its own scale."""
    figures = []
    for method in explained.local_methods(record):
        element = explained.attribution(record, method).get("element")
        if element is None:
            continue
        values = element[position].sum(axis=0)
        if not explained.signed(record, method):
            values = np.abs(values)
        figures.append(
            Figure(
                f"{key}-fine-{method}",
                words.label(method),
                picture.heatmap(values, float(np.abs(values).max()), 24),
                alt=f"attribution per pixel by {words.label(method)}",
                width=92,
            )
        )
    if not figures:
        return []
    note = "Each map on its own scale: compare shapes, not shades."
    return [Heading(f"{key}-fine", "Per pixel", note), Grid(figures, COLUMNS)]
