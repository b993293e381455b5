"""The order of the report."""

from __future__ import annotations

from xaiframe.report import (
    cases,
    cover,
    evaluation,
    executive,
    factsheet,
    fairness,
    gate,
    importance,
    knowledge,
    limits,
    otherwise,
    performance,
    precaution,
    prescription,
    relation,
    reproduce,
    segments,
    signoff,
    strategy,
    tuning,
)
from xaiframe.report.block import Block, Chapter, Note
from xaiframe.report.record import Record

ROOMS = (
    cover,
    executive,
    strategy,
    gate,
    precaution,
    performance,
    segments,
    fairness,
    importance,
    otherwise,
    knowledge,
    evaluation,
    cases,
    tuning,
    relation,
    prescription,
    limits,
    factsheet,
    signoff,
    reproduce,
)


def assemble(record: Record) -> list[Chapter]:
    """Every chapter in reading order, but for those that do not concern the run; one that fails
    whole becomes a red box under its name."""
    made = [_chapter(room, record) for room in ROOMS]
    return [chapter for chapter in made if chapter is not None]


def _chapter(room: object, record: Record) -> Chapter | None:
    name = getattr(room, "__name__", "").rpartition(".")[2]
    try:
        made: Chapter | None = room.chapter(record)  # type: ignore[attr-defined]
    except Exception as error:
        box: Block = Note("This chapter failed", f"{type(error).__name__}: {error}", failed=True)
        return Chapter(name, name.capitalize(), blocks=[box])
    return made
