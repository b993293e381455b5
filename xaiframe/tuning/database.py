"""Databases that studies lie in: which addresses a recipe may name, and how they are opened."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from optuna.storages import RDBStorage
from sqlalchemy import URL, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from xaiframe.errors import ModelError, Problem, RecipeError
from xaiframe.model.trusted import check_service

DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mysql": "pymysql"}
"""Kinds of database, each with the driver that it is opened with; all but sqlite's are extras."""
SUFFIXES = (".db", ".sqlite", ".sqlite3")
PASSWORD = "XAIFRAME_STORAGE_PASSWORD"
"""The variable that holds a database's password, which no recipe may."""
RIGHT = "sqlite, journal, or an address such as postgresql://user@host/studies"
HOST = re.compile(r"[\w.:%-]*")
WAIT = 60
"""Seconds that one worker waits for another to have written into a sqlite file."""
CALLED = 10
"""Seconds that a server has to answer."""
RACES = 20
"""Attempts at making the tables while other runs make them too."""


def address_fault(address: str) -> str:
    """What is wrong with an address as a recipe names it; empty where nothing is.

    Never repeats it: it may hold a password.
    """
    try:
        return next(_faults(make_url(address)), "")
    except ArgumentError:
        return f"storage is none of {RIGHT}"


def _faults(url: URL) -> Iterator[str]:
    backend, database = url.get_backend_name(), url.database or ""
    if backend not in DRIVERS:
        yield f"storage is of the kind {url.drivername}, not {', '.join(DRIVERS)}: {RIGHT}"
        return
    if url.drivername not in (backend, f"{backend}+{DRIVERS[backend]}"):
        yield f"storage names the driver {url.drivername}; right is {backend}+{DRIVERS[backend]}"
    if url.query:
        yield "storage has parameters after a ?, which may lead elsewhere: leave them out"
    if url.password is not None:
        yield (
            "storage holds a password, and a recipe is stored, printed and signed: leave it out, "
            f"it is read from the variable {PASSWORD}"
        )
    if not HOST.fullmatch(url.host or ""):
        yield "storage names no single host"
    if not database:
        yield f"storage names no database: {RIGHT}"
    if backend == "sqlite" and not (Path(database).is_absolute() and database.endswith(SUFFIXES)):
        ends = " or ".join(SUFFIXES)
        yield f"storage is no absolute path that ends in {ends}: sqlite:////data/studies.db"


def url_of(address: str) -> URL:
    """What is opened: with the driver of the house, and the password from :data:`PASSWORD`."""
    url, password = make_url(address), os.environ.get(PASSWORD)
    backend = url.get_backend_name()
    url = url.set(drivername=f"{backend}+{DRIVERS[backend]}")
    return url.set(password=password) if password and url.host else url


def address_problems(address: str) -> Iterator[Problem]:
    """What keeps a study from going to an address without a fault: no driver, no word of the user's
    that it, or the password, may go to this host, no server that answers there."""
    url, found = make_url(address), False
    backend = url.get_backend_name()
    if backend == "sqlite":
        return
    for problem in (*_undriven(backend), *_unvouched(url)):
        yield problem
        found = True
    if not found:
        yield from _unanswered(url_of(address))


def _undriven(backend: str) -> Iterator[Problem]:
    driver = DRIVERS[backend]
    if find_spec(driver) is None:
        message = f"storage needs the package {driver}, which is not installed"
        yield Problem("tuning.storage", message, f"pip install xaiframe[{backend}]")


def _unvouched(url: URL) -> Iterator[Problem]:
    if not url.host:
        return
    # Of the host that is opened, not of one that another parser reads in the same text.
    told = URL.create(url.get_backend_name(), host=url.host, port=url.port).render_as_string()
    try:
        check_service(told, [PASSWORD] if os.environ.get(PASSWORD) else [], "a study")
    except ModelError as error:
        yield from (replace(one, place="tuning.storage") for one in error.problems)


def _unanswered(url: URL) -> Iterator[Problem]:
    engine = create_engine(url, connect_args={"connect_timeout": CALLED})
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        yield _unopened(error, url)
    finally:
        engine.dispose()


def opened(url: URL) -> RDBStorage:
    """The database, its tables made where there are none.

    Raises RecipeError where it cannot be opened; it never tells the password.
    """
    address = url.render_as_string(hide_password=False)
    for left in reversed(range(RACES)):
        try:
            database = RDBStorage(address, engine_kwargs=_options(url))
            break
        except (SQLAlchemyError, ImportError, RuntimeError) as error:
            if left and _raced(error):
                time.sleep(random.uniform(0.1, 0.5))
                continue
            raise RecipeError(_unopened(error, url)) from None
    if url.get_backend_name() == "sqlite":
        database.remove_session()
        database.engine.dispose()
        event.listen(database.engine, "connect", _unhurried)
    return database


def _unopened(error: BaseException, url: URL) -> Problem:
    hint = f"a password is read from the variable {PASSWORD}" if url.host else RIGHT
    return Problem("tuning.storage", f"storage cannot be opened: {reason(error, url)}", hint)


def reason(error: BaseException, url: URL) -> str:
    """What a driver says on one line, without the password."""
    cause = error.__cause__ or error
    told = " ".join(str(getattr(cause, "orig", None) or cause).split())
    return told.replace(str(url.password), "***") if url.password else told


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": WAIT}}
    # A connection that the server ended while a model was fitted is made anew.
    return {"connect_args": {"connect_timeout": CALLED}, "pool_pre_ping": True}


def _raced(error: Exception) -> bool:
    """Whether another run has just made what this one was making."""
    return isinstance(error, IntegrityError) or "already exists" in str(error)


def _unhurried(connection: sqlite3.Connection, _: object) -> None:
    """Lets a sqlite file be read while it is written, and be written without waiting for the disk
    each time; a killed process loses nothing."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
