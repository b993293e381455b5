"""Databases: which addresses are refused, what is told where one cannot be used, real servers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from optuna.storages import RDBStorage
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError

from xaiframe.errors import Problem, RecipeError
from xaiframe.facts import Fact, Facts
from xaiframe.model import trusted
from xaiframe.tuning import database
from xaiframe.tuning.database import PASSWORD, address_problems, opened, url_of
from xaiframe.tuning.storage import Place, storage_fault
from xaiframe.tuning.study import Study
from xaiframe.tuning.watch import Watch

SCORE = "model.validation.score"
SPACE = {"fit.x": {"low": -2.0, "high": 2.0}}
OTHERS = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE usename = current_user AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE id <> connection_id()",
}


def trial(parameters: Mapping[str, Any], watch: Watch) -> Facts:
    return Facts([Fact(SCORE, -(parameters["fit.x"] ** 2))])


def search(folder: Path, storage: str, tried: Any = trial, identity: str = "") -> Any:
    study = Study(trials=4, storage=storage, objectives={SCORE: "maximize"}, space=SPACE)
    return study.search(tried, folder, 3, {"fit.x": 1.0}, identity=identity)


def settings(outcome: Any) -> Any:
    return outcome.tables["trials"].drop(columns="seconds").to_dict("records")


@pytest.fixture
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD, raising=False)


def told(address: str) -> str:
    return "\n".join(str(one) for one in address_problems(address))


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ("redis://host/0", "of the kind redis, not sqlite, postgresql, mysql"),
        ("oracle://host/x", "of the kind oracle"),
        ("file", "none of sqlite, journal, or an address"),
        ("postgresql://me:secret@host/db", f"read from the variable {PASSWORD}"),
        ("postgresql://me:@host/db", f"read from the variable {PASSWORD}"),
        ("mysql+pymysql://host/db?password=secret", "parameters after a"),
        ("postgresql+asyncpg://me@host/db", r"right is postgresql\+psycopg"),
        ("postgresql://me@one,other/db", "no single host"),
        ("postgresql://me@host", "names no database"),
        ("sqlite:///studies.db", "no absolute path"),
        ("sqlite:////etc/passwd", "no absolute path that ends in .db"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(storage: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        Study(objectives={SCORE: "maximize"}, space=SPACE, storage=storage)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "storage", ["sqlite:////a/b.db", "mysql://me@h/db", "postgresql+psycopg://me@h:1/db"]
)
def test_what_can_be_used_is_not(storage: str) -> None:
    assert storage_fault(storage) == ""


def test_the_password_comes_from_the_environment_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "s3cret@/:%")
    place = Place("postgresql://me@127.0.0.1:1/db", tmp_path)
    assert make_url(place.url().render_as_string(hide_password=False)).password == "s3cret@/:%"
    assert place.url().drivername == "postgresql+psycopg"
    assert "s3cret" not in repr(place)
    assert Place("sqlite", tmp_path).url().password is None
    assert url_of("sqlite:////a/b.db").password is None

    def failing(address: str, **options: Any) -> RDBStorage:
        raise OperationalError("", {}, Exception("no login with s3cret@/:%\nat all"))

    monkeypatch.setattr(database, "RDBStorage", failing)
    with pytest.raises(RecipeError, match=r"storage cannot be opened: no login with \*\*\* at all"):
        opened(place.url())


def test_a_database_on_another_machine_needs_the_users_word(
    no_password: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "cannot send a study to db.example.com" in told("postgresql://me@db.example.com/studies")
    # Another parser ends the host at #; what counts is where the driver would go.
    assert "cannot send a study to db.example.com" in told("mysql://me@localhost#@db.example.com/x")
    monkeypatch.setenv(PASSWORD, "s3cret")
    assert f"cannot send the variable {PASSWORD} to localhost" in told("mysql://me@localhost/x")


def test_a_missing_driver_is_named_with_its_package(
    no_password: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "find_spec", lambda name: None)
    monkeypatch.setattr(trusted, "allowed_services", {"db.example.com": ()})
    assert told("postgresql://db.example.com/x") == (
        "tuning.storage: storage needs the package psycopg, which is not installed "
        "(pip install xaiframe[postgresql])"
    )
    assert "package pymysql" in told("mysql+pymysql://db.example.com/x")
    assert told("sqlite:////a/b.db") == ""


def test_who_does_not_answer_is_told_before_anything_is_tried(
    tmp_path: Path, no_password: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        raise AssertionError("nothing is to be tried")

    problem = Problem("tuning.storage", "storage cannot be opened: refused")
    monkeypatch.setattr(database, "find_spec", lambda name: True)
    monkeypatch.setattr(database, "_unanswered", lambda url: iter([problem]))
    with pytest.raises(RecipeError, match="cannot be opened: refused"):
        search(tmp_path, "mysql://me@localhost/x", tried)


def test_runs_that_make_the_tables_at_the_same_time_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [IntegrityError("", {}, Exception("duplicate key")) for _ in range(2)]

    def racing(address: str, **options: Any) -> RDBStorage:
        if faults:
            raise faults.pop()
        return RDBStorage(address, **options)

    monkeypatch.setattr(database, "RDBStorage", racing)
    url = make_url(f"sqlite:///{tmp_path / 'a.db'}")
    opened(url).engine.dispose()
    assert not faults
    faults += [IntegrityError("", {}, Exception("duplicate key"))] * 9
    monkeypatch.setattr(database, "RACES", 2)
    with pytest.raises(RecipeError, match="duplicate key"):
        opened(url)
    assert len(faults) == 7


def test_a_server_holds_what_a_file_holds(tmp_path: Path, server: str) -> None:
    own, identity = search(tmp_path / "own", "sqlite"), uuid4().hex
    calls: list[float] = []

    def counting(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        calls.append(parameters["fit.x"])
        return trial(parameters, watch)

    for _ in range(2):  # the second finds all there
        shared = search(tmp_path / "shared", server, counting, identity)
        assert settings(shared) == settings(own)
        assert len(calls) == 4
    content = shared.files["study.db"]
    assert content.startswith(b"SQLite format 3")
    assert os.environ.get(PASSWORD, "no password").encode() not in content


def test_a_connection_that_the_server_ends_is_made_anew(tmp_path: Path, server: str) -> None:
    kind = make_url(server).get_backend_name()

    def cut_off(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        engine = create_engine(url_of(server))
        with engine.connect() as connection:
            found = connection.execute(text(OTHERS[kind])).scalars().all()
            for one in found if kind == "mysql" else ():
                connection.execute(text(f"KILL {one}"))
        engine.dispose()
        assert found  # the search's own is among them
        return trial(parameters, watch)

    outcome = search(tmp_path, server, cut_off, uuid4().hex)
    assert (outcome.tables["trials"]["state"] == "complete").all()


def test_a_wrong_password_is_told_and_not_repeated(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "wr0ng")
    found = told(server)
    assert "storage cannot be opened" in found
    assert f"a password is read from the variable {PASSWORD}" in found
    assert "wr0ng" not in found
    with pytest.raises(RecipeError, match="cannot be opened"):
        opened(url_of(server))


def test_a_port_where_nobody_answers_is_told(server: str) -> None:
    nowhere = make_url(server).set(port=1).render_as_string()
    assert "storage cannot be opened" in told(nowhere)
