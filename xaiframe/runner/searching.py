"""A search as a stage of the audit: where its study lies, and what would let it go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xaiframe.explanation import Outcome

BOUNDS = frozenset({"minutes", "evaluations", "workers", "engine", "storage"})
"""Keys of a study that decide how far it comes, not what a trial is."""


def unbounded(decides: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the trials of a search, however many there are: a search that minutes or
    evaluations have ended goes on where they are raised."""
    node = {key: value for key, value in decides["node"].items() if key not in BOUNDS}
    return {**{key: one for key, one in decides.items() if key != "minutes"}, "node": node}


def is_whole(found: Outcome) -> bool:
    """Whether the search has come to its own end, so that there is nothing to go on with."""
    stopped = next((f.value for f in found.facts if f.name.endswith("stopped_by")), "trials")
    return stopped not in ("minutes", "evaluations", "budget.minutes")
