"""Several processes on one study: none repeats or loses a finished trial, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from xaiframe.errors import AuditError
from xaiframe.model import trusted
from xaiframe.tuning.limits import Limits
from xaiframe.tuning.optuna_study import Search
from xaiframe.tuning.storage import Place
from xaiframe.tuning.study import Study
from xaiframe.tuning.worker import main
from xaiframe.tuning.workers import sendable

SCORE = "model.validation.score"
SPACE = {"fit.x": {"low": -2.0, "high": 2.0}}
START = {"fit.x": 1.0}
MODULE = '''
"""Trials that write down who they are, in a module that another process can import."""
import os, signal, time
from pathlib import Path
from xaiframe.facts import Fact, Facts

FOLDER = Path(__file__).parent

def trial(parameters, watch):
    x = parameters["fit.x"]
    with (FOLDER / "began").open("a") as file:
        file.write(f"{os.getpid()} {x!r}\\n")
    time.sleep(0.15)
    if os.getppid() == int((FOLDER / "kills").read_text() or 0):  # nobody's, or this very search's
        victim = FOLDER / "victim"
        try:
            victim.open("x").close()
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return Facts([Fact("model.validation.score", -x * x)])

def deadly(parameters, watch):
    os.kill(os.getpid(), signal.SIGKILL)

class Search:
    def __init__(self, storage, folder, workers, identity):
        self.storage, self.folder, self.workers = storage, Path(folder), workers
        self.identity = identity

    def __call__(self):
        from xaiframe.model import trusted
        from xaiframe.tuning.study import Study
        trusted.allowed_services = {"127.0.0.1": ("XAIFRAME_STORAGE_PASSWORD",)}
        space = {"fit.x": {"low": -2.0, "high": 2.0}}
        study = Study(trials=8, sampler="random", storage=self.storage, workers=self.workers,
                      objectives={"model.validation.score": "maximize"}, space=space)
        return study.search(trial, self.folder, 3, {"fit.x": 1.0}, identity=self.identity)
'''


@pytest.fixture
def trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "slow_trials.py").write_text(MODULE)
    (tmp_path / "kills").write_text("0")
    monkeypatch.syspath_prepend(str(tmp_path))
    import slow_trials

    yield slow_trials
    del sys.modules["slow_trials"]


def study(workers: int, storage: str = "sqlite") -> Study:
    return Study(
        trials=8,
        sampler="random",
        workers=workers,
        storage=storage,
        objectives={SCORE: "maximize"},
        space=SPACE,
    )


def drawn(outcome: Any) -> dict[int, float]:
    table = outcome.tables["trials"]
    assert table["number"].is_unique
    assert (table["state"] == "complete").all()
    return dict(zip(table["number"], table["fit.x"], strict=True))


@pytest.fixture
def alone(trials: Any, tmp_path: Path) -> dict[int, float]:
    """What one worker draws at each place."""
    found = drawn(study(1, "journal").search(trials.trial, tmp_path / "alone", 3, START))
    (tmp_path / "began").unlink()
    return found


def two_workers_one_killed(
    trials: Any, folder: Path, alone: dict[int, float], storage: str, identity: str = ""
) -> None:
    (folder / "kills").write_text(str(os.getpid()))  # one worker of this process
    outcome = study(2, storage).search(trials.trial, folder / "study", 3, START, identity=identity)
    assert drawn(outcome) == alone
    lines = (folder / "began").read_text().split("\n")[:-1]
    assert (folder / "victim").exists()
    assert len(lines) == 8 + 1  # the trial that was cut off, and no other, began twice
    assert len({line.split()[0] for line in lines}) > 1
    workers = next(f.value for f in outcome.facts if f.name == "workers")
    assert workers == 2


@pytest.mark.parametrize("storage", ["sqlite", "journal"])
def test_two_workers_one_of_which_is_killed_try_every_place_once(
    trials: Any, tmp_path: Path, alone: dict[int, float], storage: str
) -> None:
    two_workers_one_killed(trials, tmp_path, alone, storage)


def test_two_workers_on_a_server_one_of_which_is_killed_try_every_place_once(
    trials: Any, tmp_path: Path, alone: dict[int, float], server: str
) -> None:
    two_workers_one_killed(trials, tmp_path, alone, server, uuid4().hex)


def killed_and_gone_on(
    trials: Any, folder: Path, alone: dict[int, float], storage: str, identity: str = ""
) -> None:
    given = (storage, str(folder / "study"), 2, identity)
    code = f"import slow_trials; slow_trials.Search(*{given!r})()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
    first = subprocess.Popen([sys.executable, "-c", code], env=environment)
    until = time.monotonic() + 60
    while not (folder / "began").exists() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    def search() -> dict[int, float]:
        found = study(1, storage).search(
            trials.trial, folder / "study", 3, START, identity=identity
        )
        return drawn(found)

    told = search()
    assert set(told) <= set(alone)
    assert all(alone[place] == x for place, x in told.items())
    assert search() == alone
    lines = (folder / "began").read_text().split("\n")[:-1]
    assert len(lines) == len(set(lines)) == len({line.split()[1] for line in lines})


def test_a_search_that_is_killed_with_a_worker_at_work_goes_on(
    trials: Any, tmp_path: Path, alone: dict[int, float]
) -> None:
    """The whole search is killed, its workers are not; the next one leaves theirs to them."""
    killed_and_gone_on(trials, tmp_path, alone, "sqlite")


def test_a_search_on_a_server_that_is_killed_with_a_worker_at_work_goes_on(
    trials: Any, tmp_path: Path, alone: dict[int, float], server: str
) -> None:
    killed_and_gone_on(trials, tmp_path, alone, server, uuid4().hex)


def test_workers_that_all_die_end_the_search_and_say_so(trials: Any, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=r"exit status -9.* after 0 of 8 trials"):
        study(2, "journal").search(trials.deadly, tmp_path / "study", 3, START)


def test_a_trial_that_cannot_be_sent_on_is_tried_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from xaiframe.facts import Fact, Facts

    def local(parameters: Any, watch: Any) -> Facts:
        return Facts([Fact(SCORE, 1.0)])

    outcome = study(2, "journal").search(local, tmp_path, 3, START)
    assert len(drawn(outcome)) == 8
    assert "tuned in one process" in caplog.text


def test_a_worker_trusts_what_the_user_trusts(
    trials: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trusted, "allowed", ("ourpackage",))
    search = Search([], {}, Limits(1), "random", 0)
    payload = sendable(search, trials.trial, Place("journal", tmp_path))
    monkeypatch.setattr(trusted, "allowed", ())
    assert payload is not None
    # a search of nothing cannot begin
    with pytest.raises(ValueError, match="number of objectives"):
        main(payload)
    assert trusted.allowed == ("ourpackage",)


def test_at_least_one_worker_is_needed() -> None:
    with pytest.raises(ValueError, match="workers must be at least 1"):
        study(0)
