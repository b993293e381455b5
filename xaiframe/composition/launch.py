"""What a recipe may say under ``hydra:``, and nothing else: sweeps, launcher, search path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xaiframe.catalogue.listing import house
from xaiframe.catalogue.reader import Document
from xaiframe.errors import Problem
from xaiframe.policy.reading import near

MODES = ("RUN", "MULTIRUN")
LAUNCHERS = ("basic", "joblib")
OVERRIDE = "override hydra/launcher"
KEYS = ("mode", "sweeper", "launcher", "searchpath")
REFUSED = "it could run code or write anywhere"


@dataclass
class Launch:
    """How a recipe's jobs are started, and where its choices are looked for besides the house."""

    multirun: bool = False
    params: dict[str, str] = field(default_factory=dict)
    launcher: str = "basic"
    searchpath: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def launch(document: Document) -> Launch:
    """Read the ``hydra:`` block of a recipe, collecting everything it may not say."""
    found = Launch()
    block = document.content.get("hydra", {})
    if not isinstance(block, Mapping):
        found.problems.append(Problem(document.place(("hydra",)), "hydra is not a mapping"))
        return found
    for at, entry in enumerate(_defaults(document)):
        if isinstance(entry, Mapping) and OVERRIDE in entry:
            set_launcher(found, entry[OVERRIDE], document.place(("defaults", at)))
    readers = {"mode": _mode, "launcher": _launcher, "searchpath": _searchpath, "sweeper": _sweeper}
    for key, value in block.items():
        place = document.place(("hydra", key))
        if key in readers:
            readers[key](found, document, value)
        else:
            hint = near(key, KEYS)
            found.problems.append(Problem(place, f"hydra.{key} may not be set: {REFUSED}", hint))
    return found


def _defaults(document: Document) -> list[Any]:
    entries = document.content.get("defaults")
    return entries if isinstance(entries, list) else []


def _mode(found: Launch, document: Document, value: Any) -> None:
    if value in MODES:
        found.multirun = value == "MULTIRUN"
    else:
        place = document.place(("hydra", "mode"))
        found.problems.append(Problem(place, f"hydra.mode is {value!r}", "RUN or MULTIRUN"))


def _launcher(found: Launch, document: Document, value: Any) -> None:
    set_launcher(found, value, document.place(("hydra", "launcher")))


def set_launcher(found: Launch, value: Any, place: str) -> None:
    """Take over a launcher's name from ``hydra.launcher`` or ``override hydra/launcher``."""
    if value in LAUNCHERS:
        found.launcher = value
    else:
        found.problems.append(
            Problem(place, f"hydra.launcher is {value!r}", "basic or joblib, by name")
        )


def _searchpath(found: Launch, document: Document, value: Any) -> None:
    entries = value if isinstance(value, list) else [value]
    for at, entry in enumerate(entries):
        place = document.place(("hydra", "searchpath", at))
        text = entry.removeprefix("file://") if isinstance(entry, str) else ""
        folder = (document.path.parent / Path(text).expanduser()).resolve()
        if not text or "://" in text or "${" in text:
            message = f"hydra.searchpath holds {entry!r}"
            found.problems.append(Problem(place, message, "folders only, such as ../conf"))
        elif not folder.is_dir():
            found.problems.append(Problem(place, f"there is no folder {folder}"))
        else:
            found.searchpath.append(folder)


def _sweeper(found: Launch, document: Document, value: Any) -> None:
    params = value.get("params") if isinstance(value, Mapping) else None
    for key in value if isinstance(value, Mapping) else [""]:
        if key != "params" or not isinstance(params, Mapping):
            place = document.place(("hydra", "sweeper", key))
            message = (
                f"hydra.sweeper.{key} may not be set" if key else "hydra.sweeper is no mapping"
            )
            found.problems.append(Problem(place, message, "sweeper: {params: {seed: '1,2'}}"))
    for key, sweep in (params or {}).items() if isinstance(params, Mapping) else ():
        if isinstance(sweep, (str, int, float, bool)):
            found.params[key] = str(sweep)
        else:
            place = document.place(("hydra", "sweeper", "params", key))
            found.problems.append(Problem(place, f"{key} is no sweep", "text such as '1,2,3'"))


def folders(recipe: Path, launched: Launch) -> list[Path]:
    """Folders of choices, the first wins: beside the recipe, those it names, the house's."""
    folder = recipe.absolute().parent
    beside = [folder / "conf", *([folder.parent / "conf"] if folder.name == "recipes" else [])]
    found = [one.resolve() for one in (*beside, *launched.searchpath, house())]
    return [one for one in dict.fromkeys(found) if one.is_dir()]
