"""Explanations that are no attributions: rules, counterfactuals, examples, concepts and more."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType

from xaiframe.report import words
from xaiframe.report.block import Block, Chapter, Heading, Note, Part, parts
from xaiframe.report.record import Record

STAGES = ("intrinsic", "perturbation", "gradient")
KINDS = (
    "transparent",
    "surrogate",
    "interactions",
    "profiles",
    "rules",
    "counterfactuals",
    "examples",
    "concepts",
    "optimum",
)
"""In reading order. Each has a module in :mod:`xaiframe.report.kinds` with ``overall`` and, where
it speaks of single instances, ``case``; a method of the kind stores a table of its name."""


def chapter(record: Record) -> Chapter | None:
    """The model in every other form that was asked for; None where there was none."""
    blocks: list[Block] = []
    for kind, stage, method in asked(record):
        if record.table(f"{stage}.{method}", kind) is None:
            name = words.sentence(words.label(method))
            blocks.append(Note(name, record.absence(f"{stage}.{method}")))
        else:
            blocks += parts(record, named(partial(renderer(kind).overall, unit=(stage, method))))
    if not blocks:
        return None
    return Chapter(
        "otherwise", "Said in other ways", "How else can the model be told?", blocks, fresh=True
    )


def beside(record: Record, position: int) -> list[Block]:
    """What these methods say of the explained instance at ``position``, for its page."""
    blocks: list[Block] = []
    for kind, stage, method in asked(record):
        draw: Callable[..., list[Block]] | None = getattr(renderer(kind), "case", None)
        if draw is not None and record.table(f"{stage}.{method}", kind) is not None:
            said = parts(record, named(partial(draw, unit=(stage, method), position=position)))
            head = Heading(f"{method}-{position}", words.sentence(words.label(method)))
            blocks += [head, *said] if said else []
    return blocks


def asked(record: Record) -> Iterator[tuple[str, str, str]]:
    """(kind, stage, method) of every method in the plan that explains otherwise."""
    for kind in KINDS:
        for stage in STAGES:
            for method in record.choices(stage):
                if (record.units.get(f"{stage}.{method}") or {}).get("kind") == kind:
                    yield kind, stage, method


def renderer(kind: str) -> ModuleType:
    """What draws a kind."""
    return importlib.import_module(f"xaiframe.report.kinds.{kind}")


def named(draw: partial[list[Block]]) -> Part:
    """A part that a red box can name by its method."""
    draw.__name__ = draw.keywords["unit"][1]  # type: ignore[attr-defined]
    return draw
