"""One picture case: the picture, then P and G maps in one order and on one scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, maps, picture, words
from xaiframe.report.block import Block, Figure, Grid, Heading
from xaiframe.report.record import Record

COLUMNS = 6


def draw(record: Record, row: pd.Series, place: int) -> list[Block]:
    """Picture, consensus and the maps of every method; fine gradient maps below."""
    position, arrays = int(row["position"]), explained.inputs(record)
    mask = arrays["feature_mask"]
    shares = {
        method: explained.shown_shares(record, method)[position]
        for method in explained.local_methods(record)
    }
    limit = max(float(np.abs(one).max()) for one in shares.values())
    key = f"case-{place + 1}"
    top: list[Block] = [
        Figure(
            f"{key}-input",
            "The picture the model saw",
            picture.grey(_plane(arrays["x"][position]), 38),
            alt=f"input picture, predicted {row['predicted']}",
            width=148,
        ),
        *_consensus(record, position, mask, key, limit),
    ]
    return [
        Grid(top, 4),
        Heading(
            f"{key}-maps",
            "Perturbation (P) above, gradient (G) below",
            "Share of all attribution per patch, one scale "
            f"(±{words.number(limit)}) for all maps. Orange speaks for {row['target']}, blue "
            f"with a white minus against it.",
        ),
        *(_row(record, direction, shares, mask, key, limit) for direction in ("P", "G")),
        *_fine(record, position, key),
    ]


def _plane(x: Array) -> Array:
    """``(channels, rows, columns)`` as a picture: one channel as it is, three as colour."""
    return np.asarray(x[0] if x.shape[0] != 3 else np.moveaxis(x, 0, -1))


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
                picture.heatmap(maps.spread(shares[method], mask), limit, 24),
                alt=f"attribution per patch by {words.label(method)}",
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


def _framed(conflicts: int) -> str:
    if not conflicts:
        return "No patch is in conflict."
    return f"Framed in black: {words.count(conflicts, 'patch', 'patches')} in conflict."


def _consensus(
    record: Record, position: int, mask: Array, key: str, limit: float
) -> Sequence[Block]:
    table = record.table("evaluation.agreement", "consensus")
    if table is None:
        return []
    mine = table[table["position"] == position].set_index("feature").loc[explained.features(record)]
    conflict = mine["conflict"].to_numpy(dtype=bool)
    wide = maps.spread(conflict, mask)
    pictures = []
    for column, title in (
        ("p_share", "P, mean of methods"),
        ("g_share", "G, mean of methods"),
        ("consensus", "What both agree on"),
    ):
        frame = wide if column == "consensus" else None
        values = maps.spread(mine[column].to_numpy(dtype=float), mask)
        pictures.append(
            Figure(
                f"{key}-{column}",
                title,
                picture.heatmap(values, limit, 38, frame),
                alt=f"{title} per patch",
                width=148,
                how=_framed(int(conflict.sum())) if column == "consensus" else "",
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
