"""Where a study lies while it runs: a sqlite file, a journal, or a database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna import copy_study
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from xaiframe.errors import ModelError, Problem, RecipeError
from xaiframe.model.trusted import check_service

FILES = {"sqlite": "study.db", "journal": "study.log"}
"""Kinds of storage that are a file of the run, and what it is called."""
SCHEMES = ("sqlite", "postgresql", "mysql")
SUFFIXES = (".db", ".sqlite", ".sqlite3")
PASSWORD = "XAIFRAME_STORAGE_PASSWORD"
"""The variable that holds a database's password, which no recipe may."""
RIGHT = "sqlite, journal, or an address such as postgresql://user@host/studies"
WAIT = 60.0
"""Seconds that one worker waits for another to have written."""


@dataclass(frozen=True)
class Place:
    """A study's storage. kind: sqlite, journal or a database's address; folder: of the files."""

    kind: str
    folder: Path

    @property
    def file(self) -> Path | None:
        """The file that holds the study; None for a database."""
        name = FILES.get(self.kind)
        return self.folder / name if name else None

    @contextmanager
    def opened(self) -> Iterator[BaseStorage]:
        """The storage; closed afterwards, so that a file can be copied.

        Raises RecipeError where a database cannot be opened; it never tells the password.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "journal":
            yield JournalStorage(JournalFileBackend(str(self.file)))
            return
        database = _database(self.url())
        try:
            yield database
        finally:
            database.remove_session()
            database.engine.dispose()

    def content(self, study: str) -> bytes:
        """The study called ``study`` as one file, to be kept with the run: a journal as it is, all
        else as sqlite."""
        if self.kind == "journal":
            return (self.folder / FILES["journal"]).read_bytes()
        copy = self.folder / "copy.db"
        copy.unlink(missing_ok=True)
        if self.kind == "sqlite":
            with (
                closing(sqlite3.connect(str(self.file))) as own,
                closing(sqlite3.connect(str(copy))) as other,
            ):
                own.backup(other)
                other.execute("PRAGMA journal_mode=DELETE")
        else:
            with self.opened() as database:
                to = RDBStorage(str(URL.create("sqlite", database=str(copy))))
                copy_study(from_study_name=study, from_storage=database, to_storage=to)
                to.remove_session()
                to.engine.dispose()
        content = copy.read_bytes()
        copy.unlink()
        return content

    def url(self) -> URL:
        """What sqlalchemy opens, the password from :data:`PASSWORD`."""
        if self.kind in FILES:
            return URL.create("sqlite", database=str(self.file))
        url = make_url(self.kind)
        password = os.environ.get(PASSWORD)
        return url.set(password=password) if password and url.host else url


def storage_fault(kind: str) -> str:
    """What is wrong with a storage as a recipe names it; empty where nothing is.

    Never repeats the address: it may hold a password.
    """
    if kind in FILES:
        return ""
    try:
        return next(_faults(make_url(kind)), "")
    except ArgumentError:
        return f"storage is none of {RIGHT}"


def _faults(url: URL) -> Iterator[str]:
    backend, database = url.get_backend_name(), url.database or ""
    if backend not in SCHEMES:
        yield f"storage is of the kind {url.drivername}, not {', '.join(SCHEMES)}: {RIGHT}"
    if url.query:
        yield "storage has parameters after a ?, which may lead elsewhere: leave them out"
    if url.password:
        yield (
            "storage holds a password, and a recipe is stored, printed and signed: leave it out, "
            f"it is read from the variable {PASSWORD}"
        )
    if not database:
        yield f"storage names no database: {RIGHT}"
    if backend == "sqlite" and not (Path(database).is_absolute() and database.endswith(SUFFIXES)):
        ends = " or ".join(SUFFIXES)
        yield f"storage is no absolute path that ends in {ends}: sqlite:////data/studies.db"


def host_of(kind: str) -> str:
    """The machine that a database lies on; empty for a file."""
    return "" if kind in FILES else (make_url(kind).host or "")


def check_host(kind: str) -> None:
    """Raise RecipeError unless the user lets a study, and the password, go to this database."""
    host = host_of(kind)
    if not host:
        return
    try:
        check_service(kind, [PASSWORD] if os.environ.get(PASSWORD) else [], "a study")
    except ModelError as error:
        raise RecipeError(error.problems) from None


def _database(url: URL) -> RDBStorage:
    local = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"connect_args": {"timeout": WAIT}} if local else {}
    try:
        database = RDBStorage(url.render_as_string(hide_password=False), engine_kwargs=options)
    except (SQLAlchemyError, ImportError, RuntimeError) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        if url.password:
            reason = reason.replace(str(url.password), "***")
        message = f"storage cannot be opened: {reason}"
        raise RecipeError(Problem("tuning.storage", message, RIGHT)) from None
    if local:
        database.remove_session()
        database.engine.dispose()
        event.listen(database.engine, "connect", _unhurried)
    return database


def _unhurried(connection: sqlite3.Connection, _: object) -> None:
    """Lets a sqlite file be read while it is written, and be written without waiting for the disk
    each time; a killed process loses nothing."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
