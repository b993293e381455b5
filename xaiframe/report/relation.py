"""The four activities and their nine relations, with what this run put on each arrow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Chapter, Note, Page, Row, Table, parts
from xaiframe.report.record import Record

NODES = {
    "precaution": (96, 190),
    "optimization": (328, 62),
    "explanation": (560, 190),
    "tuning": (328, 318),
    "training_data": (84, 40),
}
NAMES = {"optimization": "optimization (fit)", "training_data": "training data"}
HALF = (76, 20)
"""Half width and height of a node's box."""
BEND = {
    ("precaution", "explanation"): 26,
    ("explanation", "precaution"): 26,
    ("explanation", "tuning"): 20,
    ("tuning", "explanation"): 20,
}
LABEL_AT = {
    ("tuning", "optimization"): 0.26,
    ("precaution", "explanation"): 0.3,
    ("explanation", "precaution"): 0.3,
}


def chapter(record: Record) -> Chapter:
    """The diagram and its table."""
    blocks = parts(record, diagram, table)
    if not blocks:
        blocks = [Note("Relations", "not assessed: the run stored no relations")]
    return Chapter(
        "relations",
        "How the activities feed each other",
        "What follows from what was found?",
        blocks,
    )


def states(record: Record) -> list[dict[str, Any]]:
    """The relations of the last round; what fired in an earlier one and was applied counts too,
    with the facts that it fired on."""
    found = [dict(state) for state in record.relations]
    for number, before in enumerate(record.earlier()[:-1], 1):
        for state, old in zip(found, before.relations, strict=False):
            fresh = [key for key in old.get("fired", []) if key not in state.get("fired", [])]
            if fresh:
                told = [f"{key} in round {number}" for key in fresh]
                state["fired"] = [*told, *state.get("fired", [])]
                state["facts"] = [*old.get("facts", []), *state.get("facts", [])]
    return found


def diagram(record: Record) -> Iterable[Block]:
    """Geometry and words of the diagram; its template draws it."""
    if not record.relations:
        return
    fired = [state for state in states(record) if state.get("fired")]
    title = (
        f"{len(fired)} of {len(record.relations)} relations fired on this run"
        if fired
        else "No relation fired: nothing that was found calls for a change"
    )
    arrows = [arrow(number, state) for number, state in enumerate(states(record), 1)]
    nodes = [
        {
            "name": NAMES.get(key, key),
            "x": x - HALF[0],
            "y": y - HALF[1],
            "cx": x,
            "cy": y + 4,
            "data": key == "training_data",
        }
        for key, (x, y) in NODES.items()
    ]
    yield Page(
        "relation-diagram",
        "_relations.html",
        {
            "title": title,
            "arrows": arrows,
            "nodes": nodes,
            "wide": 2 * HALF[0],
            "high": 2 * HALF[1],
        },
    )


def arrow(number: int, state: Mapping[str, Any]) -> dict[str, Any]:
    """Geometry and words of one relation: a curve, its head, a numbered disc and its facts."""
    start, end = NODES[str(state["source"])], NODES[str(state["target"])]
    bend = BEND.get((str(state["source"]), str(state["target"])), 0)
    control = _control(start, end, bend)
    tail, tip = _edge(start, control), _edge(end, control)
    at = LABEL_AT.get((str(state["source"]), str(state["target"])), 0.5)
    x, y = _along(tail, control, tip, at)
    return {
        "number": number,
        "path": f"M{tail[0]:.1f},{tail[1]:.1f}Q{control[0]:.1f},{control[1]:.1f} "
        f"{tip[0]:.1f},{tip[1]:.1f}",
        "head": _head(control, tip),
        "x": round(x, 1),
        "y": round(y, 1),
        "fired": bool(state.get("fired")),
        "acts": bool(state.get("acts")),
        "declared": bool(state.get("declared")),
        "text": _short(state) if state.get("fired") or state.get("acts") else "",
        "anchor": "end" if x > 440 else "start",
        "shift": -13 if x > 440 else 13,
    }


def _control(start: tuple[int, int], end: tuple[int, int], bend: int) -> tuple[float, float]:
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    along = (end[0] - start[0], end[1] - start[1])
    length = math.hypot(*along) or 1.0
    return middle[0] + 2 * bend * along[1] / length, middle[1] - 2 * bend * along[0] / length


def _edge(node: tuple[int, int], toward: tuple[float, float]) -> tuple[float, float]:
    """Where the line from a node's centre leaves its box."""
    dx, dy = toward[0] - node[0], toward[1] - node[1]
    scale = min(
        (HALF[0] + 3) / abs(dx) if dx else math.inf, (HALF[1] + 3) / abs(dy) if dy else math.inf
    )
    return node[0] + dx * scale, node[1] + dy * scale


def _along(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], t: float
) -> tuple[float, float]:
    """A point of the quadratic curve from a over b to c."""
    return (
        (1 - t) ** 2 * a[0] + 2 * t * (1 - t) * b[0] + t**2 * c[0],
        (1 - t) ** 2 * a[1] + 2 * t * (1 - t) * b[1] + t**2 * c[1],
    )


def _head(control: tuple[float, float], tip: tuple[float, float]) -> str:
    angle = math.atan2(tip[1] - control[1], tip[0] - control[0])
    corners = [tip] + [
        (tip[0] - 9 * math.cos(angle + turn), tip[1] - 9 * math.sin(angle + turn))
        for turn in (0.42, -0.42)
    ]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _short(state: Mapping[str, Any]) -> str:
    """Name and value of the first fact, short enough for the diagram."""
    facts = list(state.get("facts", []))
    if not facts:
        return ""
    name = words.label(str(facts[0].get("name", "")).rpartition(".")[2])
    return f"{name} {words.number(facts[0].get('value'))}"


def fact_text(fact: Mapping[str, Any]) -> str:
    """The last word of a fact's name, its labels and its value."""
    name = words.label(str(fact.get("name", "")).rpartition(".")[2])
    about = words.labels(fact.get("labels") or {})
    return f"{name}{f' ({about})' if about else ''} {words.number(fact.get('value'))}"


def table(record: Record) -> Iterable[Block]:
    """Every relation in words: what it does, which rules wait, which fired and on what."""
    if not record.relations:
        return
    rows: list[Row] = []
    for number, state in enumerate(states(record), 1):
        fired, declared = list(state.get("fired", [])), list(state.get("declared", []))
        told = "; ".join(fact_text(f) for f in list(state.get("facts", []))[:3])
        rows.append(
            [
                Cell(str(number), "number", number),
                words.label(str(state["relation"])),
                str(state.get("purpose", "")),
                Cell(_state(fired, declared), "text"),
                told or "–",
            ]
        )
    yield Table(
        "relations",
        "What each relation does, and what it did here",
        ["", "relation", "what it does", "rules", "facts of this run"],
        rows,
        how="Fired rules became the prescriptions of the next chapter.",
        compact=True,
        widths=(3, 19, 28, 20, 30),
        breaks=True,
    )


def _state(fired: list[str], declared: list[str]) -> str:
    if fired:
        return f"fired: {', '.join(words.label(name) for name in fired)}"
    if declared:
        return f"{words.count(len(declared), 'rule')}, none fired"
    return "no rule declared"
