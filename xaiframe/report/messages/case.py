"""One message: the user's own sentence, shaded by both directions together, then by each method."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Cell, Page, Row, Table
from xaiframe.report.messages.marked import LONG, Message
from xaiframe.report.record import Record

SHOWN = 8
HEADING = {"P": "P  change the input", "G": "G  follow the output back"}


def draw(record: Record, row: pd.Series, place: int) -> list[Block]:
    """The message with what both directions agree on, its leading words, then every method."""
    position = int(row["position"])
    message = Message.at(record, position)
    shares = {
        method: message.shares(record, method, position)
        for method in explained.local_methods(record)
    }
    both, voices = explained.consensus(record, position), explained.voices(record)
    agreed = None if both is None else message.read(both["consensus"].astype(float).to_dict())
    limit = _limit([*shares.values(), *([] if agreed is None else [agreed])])
    blocks: list[Block] = []
    if both is not None and agreed is not None and voices:
        conflict = message.read(both["conflict"].astype(float).to_dict()) > 0
        blocks.append(_message(message, agreed, conflict, limit, row, place, voices))
        if np.nan_to_num(agreed).any():
            blocks.append(_leading(message, both, agreed, place, voices))
    blocks.append(_methods(record, message, shares, limit, place))
    return blocks


def _limit(values: list[Array]) -> float:
    """One scale for everything on the page: the largest share of any word."""
    sizes = [float(np.abs(one[np.isfinite(one)]).max(initial=0.0)) for one in values if len(one)]
    return max(sizes, default=0.0)


def _message(
    message: Message, agreed: Array, conflict: Array, limit: float, row: pd.Series, place: int,
    voices: list[str],
) -> Block:  # fmt: skip
    disputed = int(conflict.sum())
    said = f"{words.count(disputed, 'word')} framed: P and G contradict each other. "
    cut = f"The last {words.count(message.unread, 'word')}, in grey, were not read. "
    return Page(
        f"case-{place + 1}-message",
        "_message.html",
        {
            "title": _title(message, agreed, str(row["target"])),
            "pieces": message.pieces(agreed, limit, conflict),
            "target": str(row["target"]),
            "limit": words.number(limit),
            "by": "P and G together" if len(voices) > 1 else f"by {voices[0]} alone",
            "note": (said if disputed else "") + (cut if message.unread else ""),
            "small": len(message.words) > LONG,
        },
    )


def _title(message: Message, agreed: Array, target: str) -> str:
    size = np.where(np.isfinite(agreed), np.abs(agreed), 0.0)
    if not size.any():
        return "No word carries this answer"
    top = int(size.argmax())
    way = "for" if agreed[top] > 0 else "against"
    return f"“{message.names[top]}” speaks most {way} {target}"


def _leading(
    message: Message, both: pd.DataFrame, agreed: Array, place: int, voices: list[str]
) -> Table:
    """The words with the largest shares, the numbers of each direction that speaks, and which way
    they go; marked only where there are two directions to compare."""
    alone = len(voices) == 1
    size = np.nan_to_num(np.abs(agreed))
    order = np.argsort(-size, kind="stable")[:SHOWN]
    rows: list[Row] = []
    for at in order[size[order] > 0].tolist():
        feature = str(message.words["feature"].iloc[at])
        shares = [float(both[explained.SHARES[side]].to_dict()[feature]) for side in voices]
        rows.append(
            [
                message.names[at],
                Cell(feature.removeprefix("word "), "number", at),
                *map(_share, shares),
                Cell("conflict", "status", status="fail")
                if bool(both["conflict"].to_dict()[feature])
                else Cell(
                    "for" if agreed[at] > 0 else "against",
                    "status",
                    status="pass" if np.isfinite(shares).sum() > 1 else "",
                ),
            ]
        )
    return Table(
        f"case-words-{place + 1}",
        "",
        [
            *("word", "place"),
            *(f"{side} share" for side in voices),
            "direction" if alone else "both directions",
        ],
        rows,
        facts=("artifacts/evaluation.agreement/consensus.parquet",),
        compact=True,
        widths=(46, 14, 20, 20) if alone else (38, 10, 16, 16, 20),
    )


def _share(value: float) -> Cell:
    return Cell("–", "number") if np.isnan(value) else Cell(words.number(value), "number", value)


def _mark(values: Array, below: bool) -> str:
    if not np.abs(values).any():
        return "zero everywhere"
    return "below the gate" if below else ""


def _methods(
    record: Record, message: Message, shares: dict[str, Array], limit: float, place: int
) -> Block:
    groups = []
    for direction, heading in HEADING.items():
        lines = []
        for method in explained.local_methods(record, direction):
            signed = explained.signed(record, method)
            trust = explained.reliability(record, method)
            lines.append(
                {
                    "method": words.label(method),
                    "mark": _mark(shares[method], trust.below),
                    "below": trust.below,
                    "size": not signed,
                    "pieces": message.short(shares[method], limit, signed),
                }
            )
        groups.append({"heading": heading, "lines": lines})
    return Page(
        f"case-{place + 1}-methods",
        "_methods_text.html",
        {"groups": groups, "long": len(message.words) > LONG},
    )
