"""Where a study lies: files of the run, databases, and addresses that are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from xaiframe.errors import RecipeError
from xaiframe.facts import Fact, Facts
from xaiframe.tuning.storage import PASSWORD, Place, host_of, storage_fault
from xaiframe.tuning.study import Study
from xaiframe.tuning.watch import Watch

SCORE = "model.validation.score"
SPACE = {"fit.x": {"low": -2.0, "high": 2.0}}


def trial(parameters: Mapping[str, Any], watch: Watch) -> Facts:
    return Facts([Fact(SCORE, -(parameters["fit.x"] ** 2))])


def search(folder: Path, storage: str, tried: Any = trial, **given: Any) -> Any:
    study = Study(trials=4, storage=storage, objectives={SCORE: "maximize"}, space=SPACE)
    return study.search(tried, folder, 3, {"fit.x": 1.0}, **given)


def settings(outcome: Any) -> Any:
    return outcome.tables["trials"].drop(columns="seconds").to_dict("records")


def trials_in(content: bytes, folder: Path, kind: str) -> list[float]:
    """What Optuna itself, and so its dashboard, reads in a file of the run."""
    file = folder / "kept"
    file.write_bytes(content)
    storage: Any = RDBStorage(f"sqlite:///{file}") if kind == "db" else None
    storage = storage or JournalStorage(JournalFileBackend(str(file)))
    (summary,) = optuna.get_all_study_summaries(storage)
    study = optuna.load_study(study_name=summary.study_name, storage=storage)
    found = [one.params["fit.x"] for one in study.trials]
    if kind == "db":
        storage.remove_session()
        storage.engine.dispose()
    return found


def test_every_storage_holds_the_same_search(tmp_path: Path) -> None:
    shared = f"sqlite:///{tmp_path / 'shared.db'}"
    found = {kind: search(tmp_path / kind[:6], kind) for kind in ("sqlite", "journal", shared)}
    assert settings(found["sqlite"]) == settings(found["journal"]) == settings(found[shared])
    drawn = found["sqlite"].tables["trials"]["fit.x"].tolist()
    assert trials_in(found["sqlite"].files["study.db"], tmp_path, "db") == drawn
    assert trials_in(found[shared].files["study.db"], tmp_path, "db") == drawn
    assert trials_in(found["journal"].files["study.log"], tmp_path, "log") == drawn


def test_the_file_that_is_kept_is_a_whole_one(tmp_path: Path) -> None:
    """It opens where nothing can be written beside it."""
    content = search(tmp_path, "sqlite").files["study.db"]
    (tmp_path / "kept.db").write_bytes(content)
    address = f"file:{tmp_path / 'kept.db'}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as c:
        assert c.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert c.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_shared_database_keeps_other_audits_apart(tmp_path: Path) -> None:
    """The same space and seed over other data are another search."""
    calls: list[float] = []

    def counting(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        calls.append(parameters["fit.x"])
        return trial(parameters, watch)

    shared = f"sqlite:///{tmp_path / 'shared.db'}"
    for identity, expected in (("a", 4), ("b", 8), ("a", 8)):
        search(tmp_path, shared, counting, identity=identity)
        assert len(calls) == expected


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ("redis://host/0", "of the kind redis, not sqlite, postgresql, mysql"),
        ("oracle://host/x", "of the kind oracle"),
        ("file", "none of sqlite, journal, or an address"),
        ("postgresql://me:secret@host/db", f"read from the variable {PASSWORD}"),
        ("mysql+pymysql://host/db?password=secret", "parameters after a"),
        ("postgresql://me@host", "names no database"),
        ("sqlite:///studies.db", "no absolute path"),
        ("sqlite:////etc/passwd", "no absolute path that ends in .db"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(storage: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        Study(objectives={SCORE: "maximize"}, space=SPACE, storage=storage)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("storage", ["sqlite", "journal", "sqlite:////a/b.db", "mysql://me@h/db"])
def test_what_can_be_used_is_not(storage: str) -> None:
    assert storage_fault(storage) == ""


def test_the_password_comes_from_the_environment_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "s3cret")
    place = Place("postgresql://me@127.0.0.1:1/db", tmp_path)
    assert place.url().password == "s3cret"
    assert "s3cret" not in repr(place)
    assert host_of(place.kind) == "127.0.0.1"
    with (
        pytest.raises(RecipeError, match=r"tuning\.storage: storage cannot be opened") as caught,
        place.opened(),
    ):
        pass
    assert "s3cret" not in str(caught.value)
    assert Place("sqlite", tmp_path).url().password is None


def test_a_database_on_another_machine_needs_the_users_word(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"cannot send .* to db\.example\.com.*services"):
        search(tmp_path, "postgresql://me@db.example.com/studies")
