"""From any fact to its origin: library, cost, cache key, artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaiframe.report.block import Block, Cell, Row, Table, num
from xaiframe.report.record import Record


def trace(record: Record) -> Iterable[Block]:
    """One row per unit of the last round."""
    stages = record.manifest.get("stages") or []
    units = {f"{item.get('stage')}.{item.get('choice')}": item for item in stages}
    if units:
        yield Table(
            "trace",
            "Where each number comes from",
            ["facts", "computed by", "asked", "s", "cache key", "files"],
            [_row(record, unit, item) for unit, item in units.items()],
            how="A fact's name starts with stage and choice. Asked: model evaluations. Seconds "
            "near zero: from the cache. Parameters, defaults included, stand "
            "under the same names in the recipe below.",
            compact=True,
            widths=(37, 31, 10, 6, 10, 6),
        )


def _row(record: Record, unit: str, item: Mapping[str, Any]) -> Row:
    own = [f for f in record.facts if f.source.method == unit or f.name.startswith(f"{unit}.")]
    libraries = {f"{f.source.library} {f.source.version}".strip(): None for f in own}
    stored = [name for name in record.manifest.get("artifacts") or {}]
    cost = record.facts.value(f"{unit}.evaluations")
    return [
        Cell(f"{unit} ({len(own)})", "code"),
        ", ".join(libraries) or "–",
        num(cost) if cost is not None else Cell("–", "number"),
        Cell(f"{float(item.get('seconds') or 0):.1f}", "number"),
        Cell(str(item.get("key") or "")[:8], "code"),
        num(sum(str(name).startswith(f"artifacts/{unit}/") for name in stored)),
    ]
