"""Searching: better than the start, killed and resumed, failing trials, the Pareto set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml

from xaiframe.errors import RecipeError
from xaiframe.facts import Fact, Facts
from xaiframe.tuning.study import Study
from xaiframe.tuning.watch import Watch

CONF = Path(__file__).parents[2] / "conf" / "tuning"
SCORE, EXPLAINS = "model.validation.score", "evaluation.agreement.mean_spearman"
SPACE = {"fit": {"x": {"low": -2.0, "high": 2.0}}, "model": {"hidden": {"choices": [[8], [8, 4]]}}}
START = {"fit.x": -1.5, "model.hidden": [8]}
BOTH = {SCORE: "maximize", EXPLAINS: "maximize"}


class Quadratic:
    """Score 1 − (x − 1)², explanation −x²: a trade-off with the Pareto set 0 ≤ x ≤ 1."""

    def __init__(self, fails: Callable[[int], bool] = lambda call: False) -> None:
        self.calls: list[Mapping[str, Any]] = []
        self.fails = fails

    def __call__(self, parameters: Mapping[str, Any], watch: Watch) -> Facts:
        self.calls.append(dict(parameters))
        if self.fails(len(self.calls)):
            raise ArithmeticError("diverged")
        x, depth = parameters["fit.x"], len(parameters["model.hidden"])
        score = 1 - (x - 1) ** 2 - 0.1 * depth
        return Facts(
            [Fact(SCORE, score, interval=(score - 0.01, score + 0.01)), Fact(EXPLAINS, -(x**2))]
        )


class Killed(BaseException):
    """Not an Exception: what a killed process looks like from inside."""


def search(tmp_path: Path, trial: Any = None, **given: Any) -> Any:
    settings = {"trials": 12, "objectives": BOTH, "space": SPACE} | given
    return Study(**settings).search(trial or Quadratic(), tmp_path, 3, START)


def numbers(outcome: Any) -> Any:
    return outcome.tables["trials"].drop(columns="seconds").to_dict("records")


def value(outcome: Any, name: str, **labels: str) -> Any:
    return next(f.value for f in outcome.facts if f.name == name and f.labels == labels)


def test_the_current_configuration_is_tried_first_and_beaten(tmp_path: Path) -> None:
    trial = Quadratic()
    outcome = search(tmp_path, trial, trials=20, objectives={SCORE: "maximize"})
    assert trial.calls[0] == START
    start = value(outcome, "start", objective=SCORE)
    best = value(outcome, "best", objective=SCORE)
    assert start == pytest.approx(1 - 2.5**2 - 0.1)
    assert best > 0.7  # the optimum is 0.9 at x = 1
    assert set(outcome.tables["importance"]["measure"]) == {"PED-ANOVA share"}
    table = outcome.tables["importance"].set_index("parameter")["importance"]
    assert table["fit.x"] > table["model.hidden"]
    assert table.sum() == pytest.approx(1.0)


def test_the_pareto_set_is_the_brute_force_one(tmp_path: Path) -> None:
    rows = search(tmp_path).tables["trials"]
    points = list(zip(rows[SCORE], rows[EXPLAINS], strict=True))
    dominated = [any(a >= c and b >= d and (a, b) != (c, d) for a, b in points) for c, d in points]
    assert rows["pareto"].tolist() == [not one for one in dominated]
    chosen = rows[rows["chosen"]].iloc[0]
    within = rows[rows["pareto"] & (rows[SCORE] >= rows[SCORE].max() - 0.01 / 1.959964)]
    assert chosen[EXPLAINS] == within[EXPLAINS].max()


def test_a_killed_search_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    whole = search(tmp_path / "whole")
    trial = Quadratic()

    def dying(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        if len(trial.calls) == 7:
            raise Killed
        return trial(parameters, watch)

    with pytest.raises(Killed):
        search(tmp_path / "killed", dying)
    resumed = search(tmp_path / "killed", trial)
    assert len(trial.calls) == 12
    assert numbers(resumed) == numbers(whole)


def test_a_search_killed_in_its_first_trial_starts_with_the_current_settings(
    tmp_path: Path,
) -> None:
    def dying(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        raise Killed

    with pytest.raises(Killed):
        search(tmp_path, dying)
    trial = Quadratic()
    assert numbers(search(tmp_path, trial)) == numbers(search(tmp_path / "whole"))
    assert trial.calls[0] == START


def test_a_finished_search_tries_nothing_again(tmp_path: Path) -> None:
    first = search(tmp_path)
    trial = Quadratic()
    assert numbers(search(tmp_path, trial)) == numbers(first)
    assert trial.calls == []


def test_another_search_in_the_same_file_starts_afresh(tmp_path: Path) -> None:
    search(tmp_path)
    trial = Quadratic()
    search(tmp_path, trial, sampler="random")
    assert len(trial.calls) == 12


def test_a_failing_trial_is_recorded_and_the_search_goes_on(tmp_path: Path) -> None:
    trial = Quadratic(fails=lambda call: call in (1, 4))
    outcome = search(tmp_path, trial)
    rows = outcome.tables["trials"]
    assert len(trial.calls) == 12
    assert rows.loc[rows["state"] == "failed", "number"].tolist() == [0, 3]
    assert set(rows.loc[rows["state"] == "failed", "reason"]) == {"ArithmeticError: diverged"}
    assert value(outcome, "failed") == 2
    again = Quadratic()
    search(tmp_path, again)
    assert again.calls == []


def test_an_objective_that_was_not_measured_fails_its_trial(tmp_path: Path) -> None:
    def blind(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        return Facts([Fact(SCORE, 1.0), Fact(EXPLAINS, None, reason="no pair compares")])

    with pytest.raises(RecipeError, match=r"all 3 trials failed.*no pair compares"):
        search(tmp_path, blind, trials=3)


def test_the_chosen_settings_come_back_ready_to_apply(tmp_path: Path) -> None:
    study = Study(trials=4, objectives=BOTH, space=SPACE)
    outcome = study.search(Quadratic(), tmp_path, 0, START)
    chosen = study.chosen(outcome)
    assert list(chosen) == study.parameters == ["fit.x", "model.hidden"]
    assert chosen["model.hidden"] in ([8], [8, 4])
    row = outcome.tables["trials"].query("chosen").iloc[0]
    assert row["fit.x"] == chosen["fit.x"]


def test_the_storage_is_closed_and_opens_elsewhere(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    study = Study(trials=3, objectives=BOTH, space=SPACE)
    study.search(Quadratic(), tmp_path, 0, START, lambda *step: seen.append(step))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "study.db").read_bytes())
    storage = optuna.storages.RDBStorage(f"sqlite:///{copy}")
    (summary,) = optuna.get_all_study_summaries(storage)
    assert summary.n_trials == 3
    storage.remove_session()
    storage.engine.dispose()


def test_optuna_is_left_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    search(tmp_path, trials=2)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "wrong",
    [{"trials": 0}, {"sampler": "sobol"}, {"objectives": {}}, {"objectives": {SCORE: "up"}},
     {"space": {}}],
)  # fmt: skip
def test_an_unusable_study_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).removesuffix("s")):
        Study(**({"objectives": BOTH, "space": SPACE} | wrong))


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_seed_decides_what_is_drawn(tmp_path: Path, sampler: str) -> None:
    study = Study(trials=6, sampler=sampler, objectives=BOTH, space=SPACE)  # type: ignore[arg-type]
    drawn = []
    for place, seed in product("ab", (1, 2)):
        trial = Quadratic()
        study.search(trial, tmp_path / f"{place}{seed}", seed, START)
        drawn.append([call["fit.x"] for call in trial.calls])
    assert drawn[0] == drawn[2] != drawn[1] == drawn[3]


def test_the_shipped_choice_builds() -> None:
    tpe = yaml.safe_load((CONF / "tpe.yaml").read_text(encoding="utf-8"))
    assert tpe.pop("_target_") == f"{Study.__module__}.Study"
    assert Study(**tpe).parameters == ["fit.learning_rate", "fit.weight_decay", "model.dropout"]
