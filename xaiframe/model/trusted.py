"""What the user vouches for in their own settings, set once at start-up; no recipe reaches it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from xaiframe.errors import ModelError, Problem

allowed: tuple[str, ...] = ()
"""Packages whose functions and types may be used."""
allowed_pickles: frozenset[str] = frozenset()
"""sha256 of files that run code when they are opened, and that may be opened all the same."""


allowed_services: Mapping[str, Sequence[str]] = {}
"""Host → environment variables whose values it may be sent. To no other host goes a row of data."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_service(url: str, variables: Iterable[str], what: str = "rows") -> None:
    """Raise :class:`ModelError` unless the user lets ``what`` go to this host, and these variables.

    Rows may go to the machine itself without asking; a secret nowhere.
    """
    host = urlsplit(url).hostname or ""
    hint = "name the host under services in your own settings file, with the variables it may get"
    problems = []
    if host not in LOOPBACK and host not in allowed_services:
        problems.append(Problem(url, f"a recipe alone cannot send {what} to {host}", hint))
    problems += [
        Problem(url, f"a recipe alone cannot send the variable {name} to {host}", hint)
        for name in variables
        if name not in allowed_services.get(host, ())
    ]
    if problems:
        raise ModelError(problems)


def trusts(name: str) -> bool:
    """Whether ``package.module.name`` lies in a package that the user trusts."""
    return any(name.startswith(f"{package}.") for package in allowed)


def content_of(path: Path) -> bytes:
    """A model file's bytes; raises :class:`ModelError` where there is none to be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelError(Problem(str(path), f"cannot be read: {reason}", "a model file")) from None


def check_vouched(path: Path, content: bytes, instead: str) -> None:
    """Raise :class:`ModelError` unless the user vouches for this very file.

    For formats that run whatever code they hold. ``instead`` says what needs no trust.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 in allowed_pickles:
        return
    raise ModelError(
        Problem(
            str(path),
            "opening it runs whatever code it holds, so it was not opened",
            f"{instead}; or, if you know where it comes from, list its sha256 {sha256} under "
            "pickles in your own settings file",
        )
    )
