"""A table's row as it is beside what would have to be different, only the differences written."""

from __future__ import annotations

import math

from xaiframe.report import words
from xaiframe.report.altered.found import Found
from xaiframe.report.block import Block, Cell, Row, Table
from xaiframe.report.tables.levels import Values

LISTED, LONGEST = 12, 4
"""Features and alternatives written at most."""
CHANGED = 0.45
"""Shade of what is different."""
SAME = "·"
UNORDERED = ("categorical", "boolean")


def draw(found: Found) -> list[Block]:
    """One table: the instance, then a column per alternative."""
    values, count = Values(found.record), min(len(found.alternatives), LONGEST)
    shown = order(found)
    head = ["", "as it is", *(f"alternative {k + 1}" if count > 1 else "otherwise"
                              for k in range(count))]  # fmt: skip
    rows: list[Row] = [
        ["the model says", found.now, *(Cell(found.answer(k)) for k in range(count))],
        *(_feature(found, values, name, count) for name in shown[:LISTED]),
    ]
    rows.append(_summary(found, count))
    if found.alternatives["limit"].notna().any():
        rows.append(["near training rows", "", *(found.where(k) for k in range(count))])
    rest = len(shown) - LISTED
    caution = "What turns the model need not turn the world: it is no advice."
    if rest > 0:
        caution = f"{words.count(rest, 'smaller change')} not listed. {caution}"
    return [
        Table(
            f"{found.key}-cells",
            title(found, values),
            head,
            rows,
            how=f"Shaded: what is different; {SAME} as it is.{_all_else(found)}",
            caution=caution,
            compact=True,
            widths=(30, *[70 // (count + 1)] * (count + 1)),
        )
    ]


def order(found: Found) -> list[str]:
    """Features that some alternative changes: those of the first, its largest change first."""
    changes = found.changes.sort_values(["rank", "size"], ascending=[True, False], kind="stable")
    return list(dict.fromkeys(changes["feature"].astype(str)))


def title(found: Found, values: Values) -> str:
    """The nearest alternative as a sentence."""
    if found.gradient:
        far = words.number(float(found.alternatives["distance"].iloc[0]), "sd")
        return f"A push of {far} in all and the model would say {found.answer(0)}"
    first = found.changes[found.changes["rank"] == 1].sort_values("size", ascending=False)
    told = [
        f"{words.quoted(words.shortened(str(one['feature']), 30))} "
        f"{values.said(str(one['feature']), float(one['after']))} instead of "
        f"{values.said(str(one['feature']), float(one['before']))}"
        for one in first.to_dict("records")
    ]
    if len(told) > 2:
        return f"With {words.count(len(told), 'change')} the model would say {found.answer(0)}"
    return f"With {' and '.join(told)} the model would say {found.answer(0)}"


def _all_else(found: Found) -> str:
    fixed = str(found.record.facts.value(f"{found.name}.fixed", ""))
    held = f" Never changed: {words.shortened(fixed, 90)}." if fixed else ""
    if found.gradient:
        return " Every number moved a little, in sd of its column; levels and dates did not." + held
    return " All values are those of training rows; all that is not listed stays as it is." + held


def _feature(found: Found, values: Values, name: str, count: int) -> Row:
    mine = found.changes[found.changes["feature"] == name]
    own = {int(one["rank"]): one for one in mine.to_dict("records")}
    cells: list[Cell | str] = []
    for rank in range(1, count + 1):
        if rank not in own:
            cells.append(SAME)
            continue
        before, after = float(own[rank]["before"]), float(own[rank]["after"])
        told = _moved(found, values, name, before, after, float(own[rank]["size"]))
        cells.append(Cell(told, shade=CHANGED))
    return [name, values.brief(name, found.position), *cells]


def _moved(
    found: Found, values: Values, name: str, before: float, after: float, size: float
) -> str:
    """The new value, with the way it went where that can be said."""
    said = values.said(name, after)
    if values.kind(name) in UNORDERED or math.isnan(before):
        return said
    step = f" ({words.number(size, 'sd', digits=2)})" if found.gradient else ""
    return f"{'↑' if after > before else '↓'} {said}{step}"


def _summary(found: Found, count: int) -> Row:
    """How much is different, in one line."""
    unit = "sd" if found.gradient else "deviations"
    told = [
        f"{words.count(int(one['changed']), 'feature')}, "
        f"{words.number(float(one['distance']), digits=2)} {unit}"
        for one in found.alternatives.head(count).to_dict("records")
    ]
    return ["what is different", "", *told]
