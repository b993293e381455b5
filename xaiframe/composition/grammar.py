"""Overrides as Hydra's grammar reads them, in plain terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override as Parsed
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException

from xaiframe.catalogue.listing import choices
from xaiframe.composition.overrides import PATHS, Override, absolute
from xaiframe.errors import Problem


class _Options:
    """What Hydra's parser asks for when it expands ``glob(*)``: the choices of a group."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders

    def get_group_options(self, group: str, results_filter: object = None) -> list[str]:  # noqa: ARG002
        return list(choices(group, self.folders))


def grammar(text: str, folders: Sequence[Path] = ()) -> Parsed | Problem:
    """One override as Hydra's grammar reads it."""
    parser = OverridesParser.create(_Options(folders))  # type: ignore[arg-type]
    try:
        return parser.parse_overrides([text])[0]
    except HydraException as error:
        reason = str(error).splitlines()[0]
        return Problem(f"override {text!r}", f"cannot be read: {reason}", "key=value")


def parse(text: str) -> Override | Problem:
    """One override in plain terms; a path is relative to where the command is given."""
    found = grammar(text)
    if isinstance(found, Problem):
        return found
    if found.is_sweep_override():
        return Override(text, found.key_or_group, None, "", "sweep", found.package)
    kind = "delete" if found.is_delete() else "set"
    kind = "add" if found.is_add() or found.is_force_add() else kind
    value, written = found.value(), found.get_value_element_as_str()
    if tuple(found.key_or_group.split(".")) in PATHS:
        value = absolute(value, Path.cwd())
        written = (
            QuotedString(value, Quote.double).with_quotes() if isinstance(value, str) else written
        )
    return Override(text, found.key_or_group, value, written, kind, found.package)  # type: ignore[arg-type]
