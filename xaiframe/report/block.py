"""What a report is made of: chapters of blocks, each drawn by the template it names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xaiframe.facts import Fact
from xaiframe.report import words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Block:
    """Anything a chapter shows; ``template`` draws it."""

    template = ""
    interactive = False
    """Whether it only makes sense on a screen."""


@dataclass(frozen=True)
class Figure(Block):
    """A picture with the sentence it proves.

    title: what it shows, computed from the numbers; how, caution: how to read it and how not to;
    facts: names of the facts drawn; n: what it rests on; spec: Vega-Lite (live on screen);
    image: SVG or PNG bytes; grey: below the gate, drawn faded; mark: reliability in words.
    """

    key: str
    title: str
    image: bytes
    spec: Mapping[str, Any] | None = None
    how: str = ""
    caution: str = ""
    facts: tuple[str, ...] = ()
    n: str = ""
    alt: str = ""
    grey: bool = False
    mark: str = ""
    width: int = 0
    """Width in CSS pixels; 0 lets the picture's own size stand."""
    template = "_figure.html"

    @property
    def kind(self) -> str:
        return "png" if self.image.startswith(b"\x89PNG") else "svg"


@dataclass(frozen=True)
class Cell:
    """One table cell: ``sort`` orders it on screen, ``status`` draws a mark before the text."""

    text: str
    kind: str = "text"
    sort: float | str | None = None
    status: str = ""
    shade: float = 0.0
    link: str = ""
    extra: str = ""
    """What follows the text and may stand on a line of its own: an interval."""


Row = Sequence[Cell | str]
"""One table row; a string stands for a plain text cell."""


@dataclass(frozen=True)
class Table(Block):
    """Rows of cells under their headers; ``short`` ones stay on one page."""

    key: str
    title: str
    headers: Sequence[str]
    rows: Sequence[Row]
    how: str = ""
    caution: str = ""
    facts: tuple[str, ...] = ()
    n: str = ""
    compact: bool = False
    sortable: bool = False
    breaks: bool = False
    """Whether it may break between rows although it is short: its rows are tall."""
    widths: Sequence[int] = ()
    """Column widths in percent; empty lets the content decide."""
    template = "_table.html"

    @property
    def short(self) -> bool:
        """Whether it should stay on one page."""
        return len(self.rows) <= 18 and not self.breaks

    def heads(self) -> list[tuple[str, str]]:
        """Each header with the kind of its column, so that it stands over its numbers."""
        kinds = [cell.kind for cell in self.cells()[0]] if self.rows else []
        return [
            (text, kinds[at] if at < len(kinds) else "text") for at, text in enumerate(self.headers)
        ]

    def cells(self) -> list[list[Cell]]:
        return [[c if isinstance(c, Cell) else Cell(c) for c in row] for row in self.rows]


@dataclass(frozen=True)
class ScreenTable(Table):
    """A table too long for paper, to be filtered and sorted."""

    interactive = True


@dataclass(frozen=True)
class Prose(Block):
    """Paragraphs in plain words, with an optional heading."""

    paragraphs: Sequence[str]
    title: str = ""
    template = "_prose.html"


@dataclass(frozen=True)
class Note(Block):
    """Something that is not there, and why; ``failed`` makes it the red box."""

    title: str
    text: str
    failed: bool = False
    template = "_note.html"


@dataclass(frozen=True)
class Grid(Block):
    """Blocks side by side."""

    blocks: Sequence[Block]
    columns: int = 2
    template = "_grid.html"


@dataclass(frozen=True)
class Heading(Block):
    """A heading within a chapter; ``key`` is where links land."""

    key: str
    text: str
    question: str = ""
    template = "_heading.html"


@dataclass(frozen=True)
class Page(Block):
    """A block with a template of its own and the data it needs."""

    key: str
    name: str
    data: Mapping[str, Any]
    interactive: bool = False

    @property
    def template(self) -> str:  # type: ignore[override]
        return self.name


@dataclass(frozen=True)
class Chapter:
    """One entry of the table of contents. ``question`` is what a reader would ask."""

    key: str
    title: str
    question: str = ""
    blocks: Sequence[Block] = field(default_factory=tuple)
    fresh: bool = False
    """Whether it starts a page."""
    listed: bool = True
    interactive: bool = False


Part = Callable[..., Iterable[Block]]


def parts(record: Any, *makers: Part) -> list[Block]:
    """The blocks of each maker; one that raises becomes a red box while the rest still renders."""
    blocks: list[Block] = []
    for make in makers:
        try:
            blocks += make(record)
        except Exception as error:
            log.warning("report: %s failed", make.__name__, exc_info=True)
            title = f"{words.sentence(words.label(make.__name__))}: this part failed"
            blocks.append(Note(title, f"{type(error).__name__}: {error}", failed=True))
    return blocks


def status(word: str, text: str = "") -> Cell:
    """A cell with the mark of a status and its word."""
    return Cell(text or words.STATUS.get(word, word), "status", words.STATUS.get(word, word), word)


def num(value: Any, unit: str = "", spread: Sequence[float] | None = None) -> Cell:
    """A number, with its interval beneath it where there is one."""
    missing = value is None or isinstance(value, str)
    return Cell(
        words.measured(value, unit),
        "number",
        None if missing else float(value),
        extra=words.brackets(spread),
    )


def fact_cell(fact: Fact | None) -> Cell:
    """A fact's value with its interval, or why there is none."""
    if fact is None:
        return Cell("–", "number")
    if fact.value is None:
        return Cell(fact.reason or "not measured", "text")
    if isinstance(fact.value, str):
        return Cell(fact.value)
    return num(fact.value, fact.unit, fact.interval)
