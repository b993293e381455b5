"""Overrides of one job, sorted into choices, values, policy and what no recipe takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from xaiframe.catalogue.reader import Keys
from xaiframe.composition.selection import GROUPS, MULTIPLE, Pick
from xaiframe.errors import Problem
from xaiframe.policy.reading import near

PATHS: tuple[tuple[str, ...], ...] = (
    *(("data", "source"), ("data", "path"), ("data", "schema"), ("model", "path")),
    ("precaution", "profile", "schema"),
)
"""Parameters that are file paths, unless they name a scheme (``builtin:digits``)."""
SCHEME = re.compile(r"[A-Za-z][\w+.-]+:")
LAUNCHING = ("hydra.mode", "hydra.launcher", "hydra/launcher")


@dataclass(frozen=True)
class Override:
    """One parsed override; ``package`` is what stands behind an ``@``, ``written`` its value."""

    text: str
    key: str
    value: Any
    written: str
    kind: Literal["set", "add", "delete", "sweep"] = "set"
    package: str | None = None

    @property
    def place(self) -> str:
        return f"override {self.text!r}"

    @property
    def keys(self) -> Keys:
        return tuple(self.key.split("."))

    @property
    def line(self) -> str:
        """How the composer is told: whether the key was there before is already checked."""
        return f"++{self.key}={self.written}"


@dataclass
class Asked:
    """What the overrides ask for, by kind; ``added`` are the choices asked for with a plus."""

    changes: list[Override] = field(default_factory=list)
    picks: list[Pick] = field(default_factory=list)
    added: list[Pick] = field(default_factory=list)
    policy: Pick | None = None
    launching: dict[str, Pick] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def sort(overrides: Sequence[Override | Problem]) -> Asked:
    """Sort the overrides, collecting those that no recipe takes."""
    asked = Asked()
    for override in overrides:
        problem = override if isinstance(override, Problem) else _refused(override)
        if problem is not None:
            asked.problems.append(problem)
        elif isinstance(override, Override):
            _take(asked, override)
    return asked


def _refused(override: Override) -> Problem | None:
    key, value = override.key, override.value
    if key.split(".")[0] == "policy":
        named = key == "policy" and override.kind == "set" and isinstance(value, str) and value
        hint = "policy=name or policy=path/to/file.yaml"
        message = "a policy is judged after the run, never composed"
        return None if named else Problem(override.place, message, hint)
    tests: list[tuple[Callable[[], bool], str, str]] = [
        (lambda: override.package is not None, "would place a choice elsewhere", f"{key}=…, no @"),
        (lambda: override.kind == "delete", "nothing can be taken out of a recipe", _instead(key)),
        (lambda: override.kind == "sweep", "is a sweep", "add --multirun, or give one value"),
        (lambda: _is_launching(key) and key not in LAUNCHING, "may not be set", _listed(LAUNCHING)),
        (lambda: "/" in key and key not in LAUNCHING, "names no group", near(key, GROUPS)),
        (lambda: not _has_text_keys(value), "holds a key that is not text", "put it in quotes"),
    ]
    found = next(((message, hint) for test, message, hint in tests if test()), None)
    return Problem(override.place, *found) if found else None


def _take(asked: Asked, override: Override) -> None:
    pick = Pick(override.key, override.value, override.place)
    if override.key == "policy":
        asked.policy = pick
    elif override.key in LAUNCHING:
        asked.launching[override.key.replace("/", ".")] = pick
    elif override.key in GROUPS:
        (asked.added if override.kind == "add" else asked.picks).append(pick)
    else:
        asked.changes.append(override)


def _is_launching(key: str) -> bool:
    return key.startswith(("hydra.", "hydra/")) or key == "hydra"


def _listed(keys: Sequence[str]) -> str:
    return "on the command line: " + ", ".join(keys)


def _instead(key: str) -> str:
    if key in MULTIPLE:
        return f"{key}=[] selects none"
    group, _, name = key.partition(".")
    if group in MULTIPLE:
        return f"{group}=[…] without {name}"
    return f"{key}=null stops its search" if key.startswith("tuning.space.") else "override it"


def _has_text_keys(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _has_text_keys(one) for key, one in value.items())
    return not isinstance(value, list) or all(map(_has_text_keys, value))


def absolute(value: Any, folder: Path) -> Any:
    """A relative file path made absolute; ``builtin:digits`` and the like stay."""
    if not isinstance(value, str) or value in {"", "???"} or SCHEME.match(value):
        return value
    return str((folder / Path(value).expanduser()).resolve())
