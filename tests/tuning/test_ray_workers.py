"""Ray starts the workers; what they try is what one worker alone tries."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from xaiframe.errors import RecipeError
from xaiframe.tuning import engine
from xaiframe.tuning.study import Study

SCORE = "model.validation.score"
THERE = importlib.util.find_spec("ray") is not None
MODULE = '''
"""Trials in a module that Ray's processes can import."""
import os, time
from xaiframe.facts import Fact, Facts

def trial(parameters, watch):
    time.sleep(0.1)
    score = -parameters["fit.x"] ** 2
    return Facts([Fact("model.validation.score", score), Fact("who", os.getpid())])
'''


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "ray_trials.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    import ray_trials

    yield ray_trials.trial
    del sys.modules["ray_trials"]


def search(folder: Path, trial: Any, **given: Any) -> Any:
    space = {"fit.x": {"low": -2.0, "high": 2.0}}
    settings = {"trials": 6, "sampler": "random", "objectives": {SCORE: "maximize"}} | given
    study = Study(space=space, **settings)  # type: ignore[arg-type]
    return study.search(trial, folder, 3, {"fit.x": 1.0})


@pytest.mark.skipif(not THERE, reason="ray is an extra")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_two_workers_of_ray_try_what_one_tries_alone(tmp_path: Path, trial: Any) -> None:
    alone = search(tmp_path / "alone", trial).tables["trials"]
    shared = search(tmp_path / "ray", trial, engine="ray", workers=2).tables["trials"]
    assert shared["number"].tolist() == list(range(6))
    assert shared["fit.x"].tolist() == alone["fit.x"].tolist()
    assert shared[SCORE].tolist() == alone[SCORE].tolist()


def test_what_is_not_installed_is_told_with_how_to_get_it(
    tmp_path: Path, trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(RecipeError, match=r"ray is not installed \(pip install xaiframe\[ray\]"):
        search(tmp_path, trial, engine="ray")
    with pytest.raises(RecipeError, match=r"hyperopt is not installed \(.* xaiframe\[hyperopt\]"):
        search(tmp_path, trial, engine="ray", sampler="hyperopt")


def test_an_engine_that_is_none_is_refused(trial: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="engine must be one of processes, ray"):
        search(tmp_path, trial, engine="hyperopt")
