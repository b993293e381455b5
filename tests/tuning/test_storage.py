"""Where a study lies: files of the run and shared ones, and what is told where one fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from xaiframe.errors import AuditError
from xaiframe.facts import Fact, Facts
from xaiframe.tuning import database, optuna_study, places
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


def test_a_storage_that_fails_keeps_what_is_finished_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT", 0.1)
    calls: list[float] = []
    other = sqlite3.connect(tmp_path / "study.db", isolation_level=None)

    def failing(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        calls.append(parameters["fit.x"])
        if len(calls) == 3:
            other.execute("BEGIN IMMEDIATE")  # nobody else can write
        return trial(parameters, watch)

    with closing(other):
        with pytest.raises(AuditError, match=r"failed in the middle: database is locked.*goes on"):
            search(tmp_path, "sqlite", failing)
        other.execute("ROLLBACK")
        monkeypatch.setattr(places, "birth", lambda pid: "another")  # as if that process had ended
        resumed = search(tmp_path, "sqlite", failing)
    assert settings(resumed) == settings(search(tmp_path / "whole", "sqlite"))
    assert len(calls) == 4 + 1  # the trial that could not be written, and no other, is repeated


def test_a_storage_that_fails_while_a_trial_is_drawn_is_no_fault_of_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggest, faults = optuna_study.suggest, [StorageInternalError("gone")]

    def failing(*given: Any) -> Any:
        if faults:
            raise faults.pop()
        return suggest(*given)

    monkeypatch.setattr(optuna_study, "suggest", failing)
    with pytest.raises(AuditError, match="failed in the middle: gone"):
        search(tmp_path, "sqlite")
    monkeypatch.setattr(places, "birth", lambda pid: "another")  # as if that process had ended
    resumed = search(tmp_path, "sqlite")
    assert settings(resumed) == settings(search(tmp_path / "whole", "sqlite"))
