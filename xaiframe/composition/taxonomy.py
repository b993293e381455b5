"""A strategy's ``select``: methods chosen by their place in the taxonomy instead of by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xaiframe.catalogue.listing import Description, entries
from xaiframe.catalogue.reader import Document
from xaiframe.composition.applicability import misfits
from xaiframe.composition.overrides import Override
from xaiframe.composition.selection import Pick, Selection
from xaiframe.errors import Problem
from xaiframe.policy.reading import near

AXES: Mapping[str, tuple[str, ...]] = {
    "scope": ("local", "global"),
    "access": ("white_box", "black_box"),
    "usage": ("intrinsic", "post_hoc"),
    "reach": ("model_specific", "model_agnostic"),
    "direction": ("perturbation", "gradient", "none"),
}
"""METHOD §2: the axes of the taxonomy and the values each may take."""
SELECTED = ("intrinsic", "perturbation", "gradient")
"""Groups of methods that a strategy may select from."""


def selected(
    recipe: Document, changes: Sequence[Override], conf: Sequence[Path]
) -> tuple[list[Pick], list[Problem]]:
    """One pick per group of methods with all that ``strategy.select`` asks for; none without it.

    ``changes`` are the overrides, of which those on ``strategy.select`` count.
    """
    asked, place = _asked(recipe, changes)
    if not asked:
        return [], []
    problems = list(_faults(asked, place))
    if problems:
        return [], problems
    picks = [
        Pick(
            group,
            [
                one.choice
                for one in entries(group, conf)
                if one.description and _fits(one.description, asked)
            ],
            place,
        )
        for group in SELECTED
    ]
    if not any(pick.value for pick in picks):
        told = ", ".join(f"{axis}: {value}" for axis, value in asked.items())
        problems.append(Problem(place, f"no method has {told}", "xaiframe list perturbation"))
    return picks, problems


def left_out(config: Mapping[str, Any], selection: Selection) -> list[str]:
    """Take out of the ``selection`` what was selected but does not apply, and say so."""
    found = {group: set(selection.chosen[group]) for group in selection.taxonomy}
    told = []
    for group, name, reason in misfits(config, found):
        selection.chosen[group].remove(name)
        told.append(f"{name} ({reason})")
    return [f"strategy.select leaves out {'; '.join(told)}"] if told else []


def _asked(recipe: Document, changes: Sequence[Override]) -> tuple[dict[str, Any], str]:
    """Axis → value or values, from the recipe and then from the overrides; and who said so."""
    strategy = recipe.content.get("strategy")
    own = strategy.get("select") if isinstance(strategy, Mapping) else None
    found = dict(own) if isinstance(own, Mapping) else {}
    place = recipe.place(("strategy", "select"))
    for change in changes:
        if change.keys[:2] != ("strategy", "select"):
            continue
        place = change.place
        if len(change.keys) == 3:
            found[change.keys[2]] = change.value
        elif isinstance(change.value, Mapping):
            found = dict(change.value)
    return found, place


def _faults(asked: Mapping[str, Any], place: str) -> Iterator[Problem]:
    for axis, value in asked.items():
        if axis not in AXES:
            yield Problem(place, f"the taxonomy has no axis {axis!r}", near(str(axis), list(AXES)))
            continue
        for one in _several(value):
            if one not in AXES[axis]:
                listed = ", ".join(AXES[axis])
                yield Problem(place, f"{one!r} is no {axis}", f"one of {listed}")


def _fits(method: Description, asked: Mapping[str, Any]) -> bool:
    return all(method.facts.get(axis) in _several(value) for axis, value in asked.items())


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
