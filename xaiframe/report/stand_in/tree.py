"""A tree of questions as a drawing: questions from left to right, answers in one column."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Row, Table
from xaiframe.report.record import Record
from xaiframe.report.stand_in import phrases

ROW, LEAF, GAP = 34, 158, 26
"""Pixels: height of an answer, width of the column of answers, room between a question and its
answers."""
LETTER = 4.6
"""Pixels that a letter of a question takes, with some to spare."""
DEEPEST, MOST = 5, 24
"""Questions and answers that a page can hold; beyond, the answers are listed."""
PALE = ("#b9d5e8", "#f6d99a", "#c9dec0", "#dccbe6", "#f2c4b8", "#d4d0c8")
"""Purity, one colour per class; the class is always written too."""
HOW = (
    "Read from the left: each question leads up for yes and down for no. Thicker lines: more rows. "
    "An answer's bar is "
)
HEADERS = ("all of this holds", "answer", "training rows", "of one mind")


@dataclass(frozen=True)
class Drawing:
    """The nodes of a tree, as the method stored them, placed on the page."""

    record: Record
    nodes: pd.DataFrame

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """Node → its children, yes first."""
        found: dict[int, list[int]] = {int(one): [] for one in self.nodes["node"]}
        for node, parent in zip(self.nodes["node"], self.nodes["parent"], strict=True):
            if parent >= 0:
                found[int(parent)].append(int(node))
        return found

    @cached_property
    def leaves(self) -> list[int]:
        """From top to bottom: nodes are stored in the order of a walk that says yes first."""
        return [node for node in self.children if not self.children[node]]

    @cached_property
    def depth(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for node, parent in zip(self.nodes["node"], self.nodes["parent"], strict=True):
            found[int(node)] = found[int(parent)] + 1 if parent >= 0 else 0
        return found

    @cached_property
    def height(self) -> dict[int, float]:
        """Node → its middle in pixels from the top."""
        found = {node: ROW * (place + 0.5) for place, node in enumerate(self.leaves)}
        for node in sorted(set(self.children) - set(found), reverse=True):
            own = [found[child] for child in self.children[node]]
            found[node] = sum(own) / len(own)
        return found

    @property
    def deepest(self) -> int:
        return max(self.depth.values())

    @property
    def fits(self) -> bool:
        return self.deepest <= DEEPEST and len(self.leaves) <= MOST

    @property
    def step(self) -> float:
        """Width of a question with the room behind it."""
        return (chart.FULL - LEAF) / max(self.deepest, 1)

    def left(self, node: int) -> float:
        return chart.FULL - LEAF if not self.children[node] else self.depth[node] * self.step

    def lines(self) -> Iterator[dict[str, Any]]:
        """From each question to its answers: out, up or down, and on."""
        total = float(self.nodes["n"].iloc[0])
        for node, own in self.children.items():
            if not own:
                continue
            start = self.left(node) + self.step - GAP
            bend, middle = start + 5, self.height[node]
            yield _line(start, bend, middle, middle, 1.0)
            for child, said in zip(own, ("yes", "no"), strict=True):
                high = self.height[child]
                wide = 0.8 + 4 * float(self.nodes["n"].iloc[child]) / total
                yield _line(bend, bend, middle, high, 1.0)
                yield _line(bend, self.left(child) - 3, high, high, wide) | {
                    "said": said, "at": bend + 2, "above": high - 6
                }  # fmt: skip

    def questions(self) -> Iterator[dict[str, Any]]:
        """The questions, broken into lines that fit."""
        room = max(8, int((self.step - GAP - 2) / LETTER))
        for node, own in self.children.items():
            if own:
                said = phrases.question(self.record, dict(self.nodes.iloc[node]))
                broken = textwrap.wrap(f"{said}?", room, max_lines=4, placeholder=" …")
                yield {"x": self.left(node), "y": self.height[node], "text": "\n".join(broken),
                       "whole": said, "n": int(self.nodes["n"].iloc[node])}  # fmt: skip

    def answers(self) -> Iterator[dict[str, Any]]:
        """The leaves, with a bar for how pure they are, or how high their value."""
        classes = sorted({str(one) for one in self.nodes["answer"]} - {""})
        own = self.nodes.iloc[self.leaves]
        low, high = float(own["value"].min()), float(own["value"].max())
        for node in self.leaves:
            row = dict(self.nodes.iloc[node])
            told = phrases.answered(self.record, row)
            part = float(row["share"]) if row["answer"] else (row["value"] - low) / (high - low)
            several = len(classes) > len(PALE) or not row["answer"]
            colour = PALE[0] if several else PALE[classes.index(str(row["answer"]))]
            left, middle = self.left(node), self.height[node]
            yield {
                "x": left, "x2": left + max(2.0, LEAF * part), "end": left + LEAF, "colour": colour,
                "top": middle - ROW / 2 + 2, "bottom": middle + ROW / 2 - 2,
                "answer": words.shortened(told, 26), "first": middle - 5, "second": middle + 8,
                "text": f"{words.count(int(row['n']), 'row')} · {phrases.purity(row)}",
                "left": left + 5,
            }  # fmt: skip


def _line(x: float, x2: float, y: float, y2: float, wide: float) -> dict[str, Any]:
    return {"x": x, "x2": x2, "y": y, "y2": y2, "wide": wide}


def figure(record: Record, key: str, title: str, nodes: pd.DataFrame, **keywords: Any) -> Block:
    """The tree drawn; a tree too large for a page as a list of its answers."""
    drawing = Drawing(record, nodes)
    if not drawing.fits:
        return listed(drawing, key, title, **keywords)
    size = ROW * len(drawing.leaves) + 4
    by_value = not nodes["answer"].iloc[0]
    what = (
        "its place between the lowest and the highest answer; ± is the standard deviation of its "
        "training rows."
        if by_value
        else "the share of its training rows that have it."
    )
    return chart.figure(
        key,
        title,
        alt.layer(*_layers(drawing, size)).properties(width=chart.FULL, height=size),
        how=HOW + what + keywords.pop("how", ""),
        **keywords,
    )


def _layers(drawing: Drawing, size: int) -> list[Any]:
    def x(name: str) -> alt.X:
        return alt.X(f"{name}:Q", axis=None, scale=alt.Scale(domain=[0, chart.FULL], nice=False))

    def y(name: str) -> alt.Y:
        scale = alt.Scale(domain=[0, size], reverse=True, nice=False)
        return alt.Y(f"{name}:Q", axis=None, scale=scale)

    lines, leaves = list(drawing.lines()), chart.data(drawing.answers())
    marked = [one for one in lines if "said" in one]
    small: dict[str, Any] = {"align": "left", "fontSize": 9, "baseline": "middle"}
    return [
        alt.Chart(chart.data(lines))
        .mark_rule(color="#a9b4bd", strokeCap="square")
        .encode(
            x=x("x"),
            x2="x2:Q",
            y=y("y"),
            y2="y2:Q",
            strokeWidth=alt.StrokeWidth("wide:Q", scale=None),
        ),
        alt.Chart(chart.data(marked))
        .mark_text(**(small | {"fontSize": 8, "color": chart.SOFT}))
        .encode(x=x("at"), y=y("above"), text="said:N"),
        alt.Chart(chart.data(drawing.questions()))
        .mark_text(**small, lineBreak="\n", lineHeight=11)
        .encode(x=x("x"), y=y("y"), text="text:N", tooltip=["whole:N", "n:Q"]),
        alt.Chart(leaves)
        .mark_rect(color="#f3f5f6", stroke=chart.FAINT, strokeWidth=0.5)
        .encode(x=x("x"), x2="end:Q", y=y("top"), y2="bottom:Q"),
        alt.Chart(leaves)
        .mark_rect()
        .encode(
            x=x("x"), x2="x2:Q", y=y("top"), y2="bottom:Q", color=alt.Color("colour:N", scale=None)
        ),
        alt.Chart(leaves)
        .mark_text(**(small | {"fontWeight": "bold"}))
        .encode(x=x("left"), y=y("first"), text="answer:N"),
        alt.Chart(leaves)
        .mark_text(**(small | {"fontSize": 8.5}))
        .encode(x=x("left"), y=y("second"), text="text:N"),
    ]


def listed(drawing: Drawing, key: str, title: str, **keywords: Any) -> Table:
    """Every answer with all that leads to it."""
    nodes, rows = drawing.nodes, []
    for leaf in drawing.leaves:
        said, node = [], leaf
        while (parent := int(nodes["parent"].iloc[node])) >= 0:
            asked = phrases.question(drawing.record, dict(nodes.iloc[parent]))
            said.append(asked if nodes["branch"].iloc[node] == "yes" else f"not: {asked}")
            node = parent
        own = dict(nodes.iloc[leaf])
        row: Row = [
            "; ".join(reversed(said)),
            phrases.answered(drawing.record, own),
            Cell(words.number(int(own["n"])), "number", float(own["n"])),
            Cell(phrases.purity(own), "number"),
        ]
        rows.append(row)
    kept = {name: keywords[name] for name in ("caution", "facts", "n") if name in keywords}
    told = "Each row is one answer with all the conditions that lead to it."
    return Table(key, title, HEADERS, rows, how=told + keywords.get("how", ""),
                 widths=(60, 16, 12, 12), compact=True, **kept)  # fmt: skip
