"""Where a study lies while it runs: a sqlite file, a journal, or a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from optuna import copy_study
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy import URL

from xaiframe.errors import AuditError, Problem
from xaiframe.tuning.database import address_fault, address_problems, opened, reason, url_of

FILES = {"sqlite": "study.db", "journal": "study.log"}
"""Kinds of storage that are a file of the run, and what it is called."""


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

        Raises RecipeError where a database cannot be opened, and AuditError where it fails later;
        neither tells the password.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "journal":
            yield JournalStorage(JournalFileBackend(str(self.file)))
            return
        url = self.url()
        database = opened(url)
        try:
            yield database
        except StorageInternalError as error:
            message = f"storage failed in the middle: {reason(error, url)}"
            hint = "finished trials are kept: once it answers, run it again, it goes on from there"
            raise AuditError(Problem("tuning.storage", message, hint)) from None
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
        """What is opened; the password from the environment."""
        if self.kind in FILES:
            return URL.create("sqlite", database=str(self.file))
        return url_of(self.kind)


def storage_fault(kind: str) -> str:
    """What is wrong with a storage as a recipe names it; empty where nothing is."""
    return "" if kind in FILES else address_fault(kind)


def storage_problems(kind: str) -> Iterator[Problem]:
    """What keeps a study from going to a storage without a fault."""
    if kind not in FILES:
        yield from address_problems(kind)
