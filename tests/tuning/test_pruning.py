"""Stopping trials: which, told how, never chosen, and the same after a kill."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from pathlib import Path
from typing import Any

import optuna
import pytest

from xaiframe.errors import RecipeError
from xaiframe.facts import Fact, Facts
from xaiframe.pruner.hyperband import Hyperband
from xaiframe.pruner.median import Median
from xaiframe.pruner.successive_halving import SuccessiveHalving
from xaiframe.tuning.study import Study
from xaiframe.tuning.watch import Pruned, Watch

SCORE, EPOCHS = "model.validation.score", 12
SPACE = {"fit.x": {"low": -2.0, "high": 2.0}}
START = {"fit.x": -0.5}
PRUNERS = [Median(startup=2, warmup=2), SuccessiveHalving(first=2), Hyperband(first=2)]


class Fits:
    """Fits whose score rises to 1 − (x − 1)², ten rows per epoch; dies at the calls given."""

    def __init__(self, dies: tuple[int, ...] = ()) -> None:
        self.epochs: list[int] = []
        self.dies = dies

    def __call__(self, parameters: Mapping[str, Any], watch: Watch) -> Facts:
        score = 1 - (parameters["fit.x"] - 1) ** 2
        self.epochs.append(0)
        for epoch in range(1, EPOCHS + 1):
            watch.evaluations += 10
            self.epochs[-1] = epoch
            if epoch == 2 and len(self.epochs) in self.dies:
                raise KeyboardInterrupt
            if watch.epoch(epoch, score * (1 - exp(-epoch))):
                raise Pruned
        return Facts([Fact(SCORE, score * (1 - exp(-EPOCHS)))])


def search(folder: Path, fits: Fits, pruner: Any, **given: Any) -> Any:
    settings = {"trials": 14, "objectives": {SCORE: "maximize"}, "space": SPACE}
    settings |= {"storage": "journal"} | given
    study = Study(**settings)  # type: ignore[arg-type]
    return study.search(fits, folder, 3, START, pruner=pruner, epochs=EPOCHS)


def rows(outcome: Any) -> Any:
    table = outcome.tables["trials"].drop(columns="seconds")
    return table.fillna({SCORE: -9.0}).to_dict("records")


def value(outcome: Any, name: str) -> Any:
    return next(f.value for f in outcome.facts if f.name == name)


@pytest.mark.parametrize("pruner", PRUNERS, ids=lambda one: type(one).__name__)
def test_stopped_trials_are_told_and_never_chosen(tmp_path: Path, pruner: Any) -> None:
    fits = Fits()
    outcome = search(tmp_path, fits, pruner)
    table = outcome.tables["trials"]
    pruned = table["state"] == "pruned"
    assert value(outcome, "pruned") == pruned.sum() > 1
    assert value(outcome, "failed") == 0
    assert pruned.tolist() == [one < EPOCHS for one in fits.epochs]
    told = [f"stopped after epoch {one}" if one < EPOCHS else "" for one in fits.epochs]
    assert table["reason"].tolist() == told
    assert table["evaluations"].tolist() == [10 * one for one in fits.epochs]
    assert value(outcome, "evaluations") == 10 * sum(fits.epochs)
    assert table.loc[pruned, SCORE].isna().all()
    assert not table.loc[pruned, "chosen"].any()
    whole = table[~pruned]
    assert whole.loc[whole["chosen"], SCORE].item() == whole[SCORE].max()
    assert not pruned[0]


@pytest.mark.parametrize("pruner", PRUNERS, ids=lambda one: type(one).__name__)
def test_a_kill_in_the_middle_of_a_fit_changes_nothing(tmp_path: Path, pruner: Any) -> None:
    whole, fits = search(tmp_path / "whole", Fits(), pruner), Fits(dies=(1, 6, 11))
    for _ in fits.dies:
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path / "killed", fits, pruner)
    assert rows(search(tmp_path / "killed", fits, pruner)) == rows(whole)


def test_the_scores_of_every_epoch_are_stored(tmp_path: Path) -> None:
    fits = Fits()
    outcome = search(tmp_path, fits, PRUNERS[0], storage="journal", trials=5)
    (tmp_path / "copy.log").write_bytes(outcome.files["study.log"])
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "copy.log"))
    storage = optuna.storages.JournalStorage(backend)
    (summary,) = optuna.get_all_study_summaries(storage)
    study = optuna.load_study(study_name=summary.study_name, storage=storage)
    assert [len(one.intermediate_values) for one in study.trials] == fits.epochs


def test_without_a_pruner_nothing_is_stopped_or_told(tmp_path: Path) -> None:
    outcome = search(tmp_path, fits := Fits(), None)
    assert set(fits.epochs) == {EPOCHS}
    assert not any(f.name == "pruned" for f in outcome.facts)


def test_several_objectives_are_refused(tmp_path: Path) -> None:
    both = {SCORE: "maximize", "model.validation.mae": "minimize"}
    with pytest.raises(RecipeError, match="Median follows one objective, the search has 2"):
        search(tmp_path, Fits(), PRUNERS[0], objectives=both)
