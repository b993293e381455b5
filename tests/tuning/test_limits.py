"""Bounds of a search: which one ended it, said as a fact, and going on where it is raised."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from xaiframe.facts import Fact, Facts
from xaiframe.tuning import optuna_study
from xaiframe.tuning.study import Study
from xaiframe.tuning.watch import Watch

SCORE = "model.validation.score"
SPACE = {"fit.x": {"low": -2.0, "high": 2.0}, "fit.n": {"choices": [1, 2]}}
ONE = {SCORE: "maximize"}


def trial(parameters: Mapping[str, Any], watch: Watch) -> Facts:
    watch.evaluations += 100
    return Facts([Fact(SCORE, -(parameters["fit.x"] ** 2))])


def search(folder: Path, until: float = float("inf"), **given: Any) -> Any:
    settings = {"trials": 12, "objectives": ONE, "space": SPACE, "sampler": "random"}
    settings |= {"storage": "journal"} | given
    study = Study(**settings)  # type: ignore[arg-type]
    return study.search(trial, folder, 3, {"fit.x": 1.0, "fit.n": 1}, until=until)


def told(outcome: Any) -> tuple[int, str, str]:
    fact = next(f for f in outcome.facts if f.name == "stopped_by")
    return len(outcome.tables["trials"]), fact.value, fact.reason


@pytest.fixture
def minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every trial takes a minute."""
    clock = iter(range(0, 6000, 60))
    monkeypatch.setattr(optuna_study, "time", type("Clock", (), {"monotonic": lambda: next(clock)}))


def test_all_trials_are_no_bound_to_speak_of(tmp_path: Path) -> None:
    assert told(search(tmp_path)) == (12, "trials", "")


def test_a_grid_ends_with_its_last_cell(tmp_path: Path) -> None:
    found = told(search(tmp_path, sampler="grid", points=2, trials=30))
    assert found == (5, "grid", "5 of 5 trials")


def test_evaluations_end_it_after_the_trial_that_reaches_them(tmp_path: Path) -> None:
    assert told(search(tmp_path, evaluations=450)) == (5, "evaluations", "5 of 12 trials")
    assert told(search(tmp_path, evaluations=500)) == (5, "evaluations", "5 of 12 trials")


@pytest.mark.usefixtures("minutes")
def test_minutes_end_it_and_a_kill_does_not_give_them_back(tmp_path: Path) -> None:
    assert told(search(tmp_path, minutes=2.5)) == (3, "minutes", "3 of 12 trials")
    assert told(search(tmp_path, minutes=3)) == (3, "minutes", "3 of 12 trials")


def test_a_raised_bound_goes_on_with_the_same_trials(tmp_path: Path) -> None:
    whole = search(tmp_path / "whole").tables["trials"]
    part = search(tmp_path / "part", evaluations=300).tables["trials"]
    longer = search(tmp_path / "part").tables["trials"]
    assert part["fit.x"].tolist() == whole["fit.x"].tolist()[:3]
    assert longer["fit.x"].tolist() == whole["fit.x"].tolist()


@pytest.mark.usefixtures("minutes")
def test_the_time_of_the_run_leaves_room_for_the_comparison(tmp_path: Path) -> None:
    """A trial takes a minute; another and the comparison would take two."""
    assert told(search(tmp_path / "a", until=time.time() + 110))[:2] == (1, "budget.minutes")
    assert told(search(tmp_path / "b", until=time.time() - 5))[:2] == (1, "budget.minutes")
    assert told(search(tmp_path / "c", until=time.time() + 130, trials=3))[:2] == (3, "trials")


@pytest.mark.parametrize("wrong", [{"minutes": 0}, {"evaluations": -1}, {"minutes": -2.0}])
def test_a_bound_that_leaves_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be above 0"):
        Study(objectives=ONE, space=SPACE, **wrong)
