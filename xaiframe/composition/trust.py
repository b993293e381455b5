"""Which classes a recipe may name: the house's own rooms, and packages that the user trusts."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from xaiframe.catalogue.listing import house
from xaiframe.catalogue.reader import read
from xaiframe.catalogue.source import module_named
from xaiframe.errors import Problem, RecipeError
from xaiframe.recipe import Recipe

ROOMS = tuple(one.name for one in fields(Recipe) if "Node" in str(one.type))
"""Groups whose choices are classes of the package's folder of the same name."""


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _names(value: Any) -> bool:
    return _texts(value) and all(part.isidentifier() for one in value for part in one.split("."))


def _hashes(value: Any) -> bool:
    return _texts(value) and all(re.fullmatch("[0-9a-fA-F]{64}", one) for one in value)


def _services(value: Any) -> bool:
    return isinstance(value, Mapping) and all(one is None or _texts(one) for one in value.values())


@dataclass(frozen=True)
class Key:
    """A key of the user's settings: what its value must be, in words and as a test."""

    what: str
    hint: str
    fits: Callable[[Any], bool]


KEYS: Mapping[str, Key] = {
    "trust": Key("list of packages", "[a, b]", _names),
    "pickles": Key("list of sha256", "64 hexadecimal digits each", _hashes),
    "services": Key("mapping of hosts to names", "{scores.example.com: [TOKEN]}", _services),
    "policy": Key(
        "name or path", "default, or path/to/policy.yaml", lambda one: isinstance(one, str)
    ),
}
"""What the user's settings file may say."""


def settings() -> dict[str, Any]:
    """The user's own settings file, empty when there is none.

    ``XAIFRAME_SETTINGS`` or ``~/.config/xaiframe/settings.yaml``: ``trust`` lists packages,
    ``pickles`` the sha256 of model files that run code when opened and that the user vouches for,
    ``services`` maps hosts that rows may be sent to to the environment variables they may get,
    ``policy`` names the floor. Raises :class:`RecipeError` when it cannot be read.
    """
    path = settings_path()
    if not path.exists():
        return {}
    document = read(path)
    problems = list(document.problems)
    for key, value in document.content.items():
        place = document.place((key,))
        if key not in KEYS:
            problems.append(Problem(place, f"unknown key {key!r}", ", ".join(KEYS)))
        elif not KEYS[key].fits(value):
            problems.append(Problem(place, f"{key} is no {KEYS[key].what}", KEYS[key].hint))
    if problems:
        raise RecipeError(problems)
    return document.content


def settings_path() -> Path:
    """Where the user's own settings are, whether or not there are any."""
    configured = os.environ.get("XAIFRAME_SETTINGS")
    return Path(configured or "~/.config/xaiframe/settings.yaml").expanduser()


def policy_floor() -> Path | None:
    """The policy file beneath every recipe's: ``XAIFRAME_POLICY``, else the settings' ``policy``.

    A name means a policy that comes with xaiframe; a path in the settings file is relative to it.
    """
    named, folder = os.environ.get("XAIFRAME_POLICY"), Path.cwd()
    if not named:
        named, folder = settings().get("policy"), settings_path().parent
    if not named:
        return None
    return Path(absolute_policy(named, folder)) if is_path(named) else _house_policy(named)


def _house_policy(name: str) -> Path:
    return house() / "policy" / f"{name}.yaml"


def is_path(policy: str) -> bool:
    """Whether a policy is given by its file rather than by its name."""
    return "/" in policy or os.sep in policy or policy.endswith((".yaml", ".yml"))


def absolute_policy(policy: str, folder: Path) -> str:
    """A policy's name as it is, a policy's path made absolute."""
    return str((folder / Path(policy).expanduser()).resolve()) if is_path(policy) else policy


def trusted(trust: Iterable[str] = ()) -> tuple[str, ...]:
    """Packages trusted by the command line and by the user's settings file."""
    given = [*trust, *settings().get("trust", ())]
    wrong = [name for name in given if not _names([name])]
    if wrong:
        raise RecipeError([Problem("--trust", f"{name!r} is no package name") for name in wrong])
    return tuple(dict.fromkeys(given))


def vouched() -> frozenset[str]:
    """The sha256 of the model files that the user's settings vouch for."""
    return frozenset(str(one).lower() for one in settings().get("pickles", ()))


def services() -> dict[str, tuple[str, ...]]:
    """Host → environment variables it may be sent, as the user's settings say."""
    named = settings().get("services", {})
    return {str(host).lower(): tuple(names or ()) for host, names in named.items()}


def objection(target: Any, packages: Sequence[str], rooms: Sequence[str] = ROOMS) -> str:
    """Why ``target`` may not be used, in words; empty when it may.

    A target of the house is a class written in a file of one of ``rooms``; a name that such a
    file merely imports (``xaiframe.gradient.lrp.os``) is none.
    """
    if target is None:
        return "there is no _target_, the class to be used"
    if not isinstance(target, str) or not all(part.isidentifier() for part in target.split(".")):
        return f"_target_ {target!r} is not the name of a class"
    if any(target.startswith(f"{package}.") for package in packages):
        return ""
    if not target.startswith("xaiframe."):
        return f"_target_ {target} is not trusted"
    return _house_objection(target, rooms)


def _house_objection(target: str, rooms: Sequence[str]) -> str:
    module, _, name = target.rpartition(".")
    room = target.split(".")[1]
    if room not in rooms or module == f"xaiframe.{room}":
        return f"_target_ {target} is no {' or '.join(rooms)} of xaiframe"
    source = module_named(module)
    if source is None or not isinstance(source.definition(name), ast.ClassDef):
        return f"_target_ {target} does not exist"
    return ""


def instantiate(node: Mapping[str, Any], trust: Sequence[str] = ()) -> Any:
    """The object a node describes: its class called with its other keys, nested nodes first.

    Raises :class:`RecipeError` when the class is not allowed or refuses its parameters.
    """
    return _build(node, trusted(trust))


def _build(value: Any, packages: Sequence[str]) -> Any:
    if isinstance(value, Mapping):
        built = {key: _build(item, packages) for key, item in value.items() if key != "_target_"}
        return _call(value["_target_"], built, packages) if "_target_" in value else built
    if isinstance(value, (list, tuple)):
        return [_build(item, packages) for item in value]
    return value


def _call(target: Any, parameters: dict[str, Any], packages: Sequence[str]) -> Any:
    reason = objection(target, packages)
    if reason:
        raise RecipeError(Problem("_target_", reason, trust_hint(target)))
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name)(**parameters)
    except (ImportError, AttributeError) as error:
        raise RecipeError(Problem(target, f"cannot be loaded: {error}")) from error
    except (TypeError, ValueError) as error:
        raise RecipeError(Problem(target, str(error))) from error


def trust_hint(target: Any) -> str:
    """How the user, and only the user, can allow a package."""
    if not isinstance(target, str) or target.startswith("xaiframe."):
        return ""
    return "xaiframe's own classes, or a package named by --trust or in the user's settings file"
