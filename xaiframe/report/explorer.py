"""Data for the interactive explorer: every explained instance, every method (screen only)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from xaiframe.explanation import Array
from xaiframe.report import explained, words
from xaiframe.report.block import Block, Page
from xaiframe.report.messages.explorer import texts
from xaiframe.report.pictures.explorer import pictures
from xaiframe.report.record import Record
from xaiframe.report.signals.explorer import series
from xaiframe.report.tables import levels

MOST_ELEMENTS = 400_000
"""Beyond this many numbers fewer instances are shown, so that the file stays under 5 MB."""


def explorer(record: Record) -> Iterable[Block]:
    """The explorer, with as many instances as the file size allows."""
    methods, table = explained.local_methods(record), explained.instances(record)
    arrays = explained.inputs(record)
    if not methods or table.empty or "x" not in arrays:
        return
    width = max(1, len(explained.features(record)))
    room = max(6, MOST_ELEMENTS // (width * (len(methods) + 1)))
    kept = table.head(room)
    yield Page(
        "explorer", "_explorer.html", {"data": payload(record, kept, methods)}, interactive=True
    )


def payload(record: Record, table: Any, methods: list[str]) -> dict[str, Any]:
    """What the script draws: instances, features with values, signed shares per method."""
    positions = table["position"].to_numpy(dtype=int)
    modality = explained.modality(record)
    drawn = pictures(record, positions) if modality == "image" else []
    if drawn:
        table, positions = table.head(len(drawn)), positions[: len(drawn)]
    # the cells of a table carry their unit
    units = {} if modality == "table" else explained.units(record)
    return {
        "modality": modality,
        "features": explained.features(record),
        "units": [units.get(name, "") for name in explained.features(record)],
        "pictures": drawn,
        "texts": texts(record, positions),
        "series": series(record, positions),
        "inputs": inputs(record, positions),
        "instances": [
            {
                "id": words.number(row["id"]),
                "predicted": _answer(row["predicted"]),
                "truth": _answer(row["y"]),
                "confidence": _confidence(row["confidence"]),
                "kind": str(row["kind"]).replace("_", " "),
            }
            for _, row in table.iterrows()
        ],
        "methods": [
            {
                "name": words.label(method),
                "direction": "P" if explained.stage_of(record, method) == "perturbation" else "G",
                "trust": explained.reliability(record, method).text,
                "below": explained.reliability(record, method).below,
                "signed": explained.signed(record, method),
                "shares": [
                    _round(one) for one in explained.shown_shares(record, method)[positions]
                ],
            }
            for method in methods
        ],
    }


def inputs(record: Record, positions: Array) -> list[list[Any]]:
    """Per instance the cells of a row as the user knows them, or what the model was given; nothing
    for pictures, which come as such."""
    arrays, modality = explained.inputs(record), explained.modality(record)
    if modality == "image":
        return []
    if modality != "table":
        return [_round(one) for one in arrays.get("values", arrays["x"])[positions]]
    values = levels.Values(record)
    return [[values.cell(name, int(at)) for name in values.names] for at in positions]


def _answer(value: Any) -> str:
    return words.number(value) if isinstance(value, float) else str(value)


def _confidence(value: Any) -> str:
    return (
        words.number(float(value)) if isinstance(value, (int, float)) and np.isfinite(value) else ""
    )


def _round(values: Array) -> list[float]:
    return [float(f"{value:.4g}") for value in np.asarray(values, dtype=float).reshape(-1)]
